#pragma once

#include <atomic>
#include <memory>
#include <thread>

#include "cp_options.hpp"
#include "sluice/fs/link_set.hpp"

namespace sluice::tool {

/// Finds out how much there is to copy, on a thread of its own while the copy goes on.
class cp_expected final : private tree_visitor {
 public:
  static constexpr std::size_t descriptors = 16;  // that it may use at most

  explicit cp_expected(const cp_command& c);
  /// Stops counting.
  ~cp_expected();

  /// Everything was seen; before that it is more than the numbers say.
  bool complete() const noexcept { return complete_.load(std::memory_order_acquire); }
  std::uint64_t files() const noexcept { return files_; }
  std::uint64_t bytes() const noexcept { return bytes_; }

 private:
  void count_all() noexcept;
  void count(const file_status& s);
  bool crosses(const walk_dir& d) const noexcept;

  task<bool> enter(walk_dir& d, dir& open, worker& on) override;
  task<void> entries(walk_dir& d, dir& open, std::span<const walk_entry> some,
                     worker& on) override;
  bool skips(walk_dir& d, path_ref name) override;
  std::shared_ptr<walk_dir> descend(walk_dir& d, const walk_entry& e) override;
  task<void> leave(walk_dir& d, worker& on) override;
  void failed(walk_dir& d, path_ref name, walk_step step, const error& why) override;

  const cp_command& command_;
  link_set met_;
  std::atomic<std::uint64_t> files_ = 0, bytes_ = 0;
  std::atomic<bool> complete_ = false, stop_ = false;
  std::thread thread_;
};

}  // namespace sluice::tool
