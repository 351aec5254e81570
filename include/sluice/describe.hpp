#pragma once

#include <string>
#include <string_view>

#include "sluice/core/error.hpp"

namespace sluice::inline v0 {

/// The error's own text: "No such file or directory".
std::string describe(const error& e);

/// A message for people: describe(e, "open", "a/b") is "open a/b: No such file or directory".
std::string describe(const error& e, std::string_view verb, std::string_view path);

}  // namespace sluice::inline v0
