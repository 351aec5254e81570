#include "sluice/describe.hpp"

namespace sluice::inline v0 {

std::string describe(const error& e) {
  if (!e) return "Success";
  char text[128];
  e.domain->message(e.code, text, sizeof text);
  return text;
}

std::string describe(const error& e, std::string_view verb, std::string_view path) {
  std::string message(verb);
  message += ' ';
  message += path;
  message += ": ";
  message += describe(e);
  return message;
}

}  // namespace sluice::inline v0
