// No target resolves to a path that could leave the root by its text, and what is written is read
// back.
#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

#include "fuzz/target.hpp"
#include "http/target.hpp"
#include "http/text_out.hpp"

namespace {

using namespace sluice::http;

void check_path(std::string_view path, bool hidden) {
  HOLDS(path.data()[path.size()] == '\0');
  HOLDS(path.find('\0') == path.npos);
  HOLDS(!path.empty());
  if (path == ".") return;
  while (!path.empty()) {
    const std::string_view name = path.substr(0, path.find('/'));
    HOLDS(!name.empty() && name != "." && name != "..");
    HOLDS(hidden || name[0] != '.');
    HOLDS(name.size() != path.size() - 1);  // a slash at the end
    path.remove_prefix(std::min(name.size() + 1, path.size()));
  }
}

/// A link to what was resolved resolves to the same.
void check_link(std::string_view path, bool hidden) {
  std::vector<char> url(path.size() * 3 + 1);
  text_out out(url);
  out.put('/');
  put_url_path(out, path);
  HOLDS(!out.full());
  std::vector<char> room(out.size() + 2);
  const resolved_target again = resolve_target(out.text(), room, {.hidden = hidden});
  HOLDS(again.status == 0 && again.path == path);
}

}  // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view target(reinterpret_cast<const char*>(data), size);
  for (const bool hidden : {false, true}) {
    std::vector<char> room(size + 2);
    const resolved_target to = resolve_target(target, room, {.hidden = hidden});
    HOLDS(to.status == 0 || to.status == 400 || to.status == 404);
    if (to.status != 0) continue;
    check_path(to.path, hidden);
    check_link(to.path, hidden);
    HOLDS(to.query.empty() || target.ends_with(to.query));
    std::vector<char> small(size + 1);
    HOLDS(resolve_target(target, small, {.hidden = hidden}).status == 400);
  }
  return 0;
}
