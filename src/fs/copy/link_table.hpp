#pragma once

#include <coroutine>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <utility>

#include "sluice/core/promise.hpp"
#include "sluice/fs/places.hpp"

namespace sluice::inline v0::copying {

class copy_dir;
struct item;

/// Which source inodes have been copied already, so that further names of them become links. The
/// first to ask for an inode makes the copy; the others wait until that is whole.
class link_table {
 public:
  struct entry;

  /// True: the caller is the first, and has to call `made` or `given_up`.
  struct claim {
    entry* of;
    bool first;
  };
  claim ask(std::uint64_t device, std::uint64_t inode);

  /// The copy is there.
  void made(entry& e, const item& i);
  /// It could not be made: the next one who asks is the first again.
  void given_up(entry& e) noexcept;

  struct entry {
    enum class state : std::uint8_t { pending, made, failed } is = state::pending;
    std::shared_ptr<copy_dir> in;  // keeps the directory that it lies in; null for an operand
    place* above = nullptr;        // that directory; null: what targets' paths are relative to
    std::string name;
    std::string path() const { return above != nullptr ? above->path_of(name) : name; }
    job_queue waiting;
  };

  /// Suspends until the first has made it or has given up. True: it is made.
  class waiter : job {
   public:
    waiter(link_table& t, entry& e) noexcept : table_(t), of_(e) {}
    bool await_ready() const noexcept { return false; }
    template <class Promise>
    bool await_suspend(std::coroutine_handle<Promise> h) noexcept {
      home_ = detail::surroundings_of(h).home;
      who_ = h;
      run = [](job& j) noexcept {
        auto& self = static_cast<waiter&>(j);
        self.home_->resume_next(self.who_);
      };
      return table_.wait(of_, *this);
    }
    bool await_resume() const noexcept { return table_.is_made(of_); }

   private:
    friend class link_table;
    link_table& table_;
    entry& of_;
    driver* home_ = nullptr;
    std::coroutine_handle<> who_;
  };

 private:
  bool wait(entry& e, waiter& w) noexcept;
  bool is_made(const entry& e) noexcept;
  void settle(entry& e, entry::state how) noexcept;

  std::mutex mutex_;
  std::map<std::pair<std::uint64_t, std::uint64_t>, entry> entries_;
};

/// The duty of whoever is the first: however its copy ends, those who wait hear of it.
class link_lead {
 public:
  link_lead() noexcept = default;
  ~link_lead() { give_up(); }
  link_lead(const link_lead&) = delete;
  link_lead& operator=(const link_lead&) = delete;

  void take(link_table& t, link_table::entry& e) noexcept {
    table_ = &t;
    of_ = &e;
  }
  void made(const item& i) {
    if (of_ != nullptr) table_->made(*std::exchange(of_, nullptr), i);
  }
  /// Others may wait for it.
  bool pending() const noexcept { return of_ != nullptr; }
  void give_up() noexcept {
    if (of_ != nullptr) table_->given_up(*std::exchange(of_, nullptr));
  }

 private:
  link_table* table_ = nullptr;
  link_table::entry* of_ = nullptr;
};

}  // namespace sluice::inline v0::copying
