#pragma once

#include <string>

#include "sluice/fs/copy.hpp"

namespace sluice::tool {

/// What could not be done, as a message without the program's name.
std::string words_for(const copy_problem& p);

/// What was compared, and how it was read.
std::string words_for(const copy_verified& v);

/// What is asked before a file is overwritten; `replaces`: it would be removed.
std::string question_for(const std::string& target, const file_status& there, bool writable,
                         bool replaces);

}  // namespace sluice::tool
