// Where the journal of a copy is: beside what it makes.
#include "cp_resume.hpp"

#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdio>
#include <functional>

namespace sluice::tool {

namespace {

/// Two names: after an interruption DEST may be a directory that was not there before, and the same
/// command means what it meant at first.
std::string journal_of(std::string destination, bool into) {
  while (destination.size() > 1 && destination.back() == '/') destination.pop_back();
  const std::string end = into ? ".sluice-resume-into" : ".sluice-resume";
  std::string last = destination.substr(destination.rfind('/') + 1);
  if (last.empty() || last == "." || last == "..") {
    // It has no name of its own to put one beside.
    return destination + (destination.ends_with('/') ? "" : "/") + end;
  }
  std::string above = destination.substr(0, destination.size() - last.size());
  constexpr std::size_t most = 200;  // file systems take 255
  if (last.size() > most) last = last.substr(0, most) + std::to_string(std::hash<std::string>()(last));
  return above + "." + last + end;
}

/// Another one after each start; empty where there is none to be had.
std::string boot_identity() {
  char text[40] = "";
  std::FILE* const from = std::fopen("/proc/sys/kernel/random/boot_id", "re");
  if (from == nullptr) return {};
  const bool read = std::fgets(text, sizeof text, from) != nullptr;
  std::fclose(from);
  std::string boot = read ? text : "";
  while (!boot.empty() && boot.back() == '\n') boot.pop_back();
  return boot;
}

}  // namespace

bool was_interrupted_at(const std::string& destination) {
  struct stat s{};
  return ::lstat(journal_of(destination, false).c_str(), &s) == 0 && S_ISREG(s.st_mode);
}

void set_unique(copy_options& o) {
  const ssize_t n = ::getrandom(&o.unique, sizeof o.unique, 0);
  if (n != sizeof o.unique) o.unique = static_cast<std::uint64_t>(::getpid());
}

void set_journal(copy_options& o, const std::string& destination, bool into) {
  o.journal = journal_of(destination, into);
  o.journal_base = destination;
  o.boot = boot_identity();
  o.user = ::geteuid();
}

}  // namespace sluice::tool
