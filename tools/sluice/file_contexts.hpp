// What SELinux' policy says that files should be labelled with.
#pragma once

#include <sys/types.h>

#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "sluice/core/error.hpp"
#include "sluice/fs/types.hpp"

namespace sluice::tool {

/// libselinux knows how to read a policy's file contexts. `sluice-label` loads it, and answers from there:
/// this program is a static one, which can't load libraries that another C library comes with.
class file_contexts {
 public:
  static result<std::shared_ptr<file_contexts>> open();
  ~file_contexts();
  file_contexts(const file_contexts&) = delete;
  file_contexts& operator=(const file_contexts&) = delete;

  /// The context that something of this kind should have at `path`, which need not be there yet. As GNU
  /// cp -Z has it, only its type is the policy's, and the rest that of `now`, unless that is empty.
  /// errc::no_attribute: the policy has none for it. Thread-safe; one call waits for another.
  result<std::string> find(const std::string& path, file_type is, const std::string& now);

 private:
  file_contexts(int connection, pid_t child);
  result<std::string> receive();

  std::mutex asking_;
  std::vector<char> room_;  // for an answer
  int connection_;
  pid_t child_;
};

}  // namespace sluice::tool
