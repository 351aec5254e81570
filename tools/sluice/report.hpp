// What commands say: lines on stdout, complaints on stderr.
#pragma once

#include <string>
#include <string_view>

#include "sluice/core/error.hpp"
#include "sluice/fs/walk.hpp"

namespace sluice::tool {

/// What the command calls itself: "sluice du", or "du" where it is called by that name.
const char* program() noexcept;
void set_program(const char* name);

/// A name as GNU's tools show it in messages: in single quotes, such that a shell would read the
/// very same bytes, with escapes for what can't be shown.
std::string quoted(std::string_view name);
/// The same, without quotes where a shell needs none.
std::string quoted_if_needed(std::string_view name);
/// The same where a colon follows: quoted if there is one in it.
std::string quoted_before_colon(std::string_view name);
/// An argument that is wrong, in the quotes of the user's language.
std::string quoted_argument(std::string_view text);

/// "invalid --jobs argument '0': why", for options that are ours alone.
std::string wrong_argument(const char* option, std::string_view text, const char* why);

/// Why something failed, in the user's language.
std::string reason(const error& why);
std::string reason(int number);

/// "sluice du: cannot access 'x': No such file or directory". Any thread.
void complain(const char* command, const std::string& path, walk_step step, const error& why);
void complain(const char* command, const std::string& message);

/// "cp (Sluice) 0.1.0", as other systems' commands tell theirs, on standard output.
void print_version(const char* command);

/// "Try 'sluice du --help' for more information.", and the exit status that goes with it.
int try_help(const char* command);
/// A command's help on standard output. The text says "sluice du", and calls it as it was called.
void print_help(std::string text);

/// Standard output for long listings: buffered, one thread at a time. What can't be written is told
/// when it is closed, and what comes after it is dropped.
class output {
 public:
  explicit output(bool each_line_at_once) noexcept : at_once_(each_line_at_once) {}
  void add(std::string_view text);
  /// After whole lines: writes them out if somebody watches.
  void lines_end() {
    if (at_once_) flush();
  }
  void flush();
  /// False: not everything could be written, and that has been said.
  bool close(const char* command);

 private:
  bool at_once_;
  int error_ = 0;
  std::string held_;
};

/// The same for stdio's stdout.
bool close_output(const char* command);

}  // namespace sluice::tool
