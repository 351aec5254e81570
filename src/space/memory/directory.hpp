// What is in a directory: names, each with a number that tells where a listing goes on after it.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>

namespace sluice::inline v0::memory {

struct node;

class directory {
 public:
  struct entry {
    std::string name;
    node* of;
  };
  // In the order of creation. Numbers are never used again, so a listing that goes on after one
  // meets what stayed exactly once, whatever came and went.
  using listing = std::map<std::uint64_t, entry>;

  /// Hears of every name that comes or goes, in whatever directory, on this thread.
  class listener {
   public:
    virtual void added(directory& to, std::string_view name, node& of) = 0;
    virtual void removed(directory& from, std::string_view name, node& of) noexcept = 0;
    virtual void replaced(directory& in, std::string_view name, node& before,
                          node& after) noexcept = 0;

   protected:
    ~listener() = default;
  };
  static inline thread_local listener* heard_by = nullptr;

  // "." and ".." have the numbers before these.
  static constexpr std::uint64_t first_cookie = 3;

  node* find(std::string_view name) const noexcept {
    const auto at = by_name_.find(name);
    return at == by_name_.end() ? nullptr : at->second->second.of;
  }
  /// The name must be new. All or nothing; throws std::bad_alloc.
  void add(std::string_view name, node& of) {
    const auto at = entries_.try_emplace(entries_.end(), next_cookie_, std::string(name), &of);
    try {
      by_name_.emplace(at->second.name, at);
    } catch (...) {
      entries_.erase(at);
      throw;
    }
    ++next_cookie_;
    if (heard_by != nullptr) heard_by->added(*this, name, of);
  }
  void remove(std::string_view name) noexcept {
    const auto at = by_name_.find(name);
    const listing::iterator gone = at->second;
    if (heard_by != nullptr) heard_by->removed(*this, name, *gone->second.of);
    by_name_.erase(at);
    entries_.erase(gone);
  }

  /// The name, which is there, means another node from now on; it keeps its place in listings.
  void replace(std::string_view name, node& of) noexcept {
    node*& leads_to = by_name_.find(name)->second->second.of;
    if (heard_by != nullptr) heard_by->replaced(*this, name, *leads_to, of);
    leads_to = &of;
  }

  bool empty() const noexcept { return entries_.empty(); }
  const listing& entries() const noexcept { return entries_; }

 private:
  listing entries_;
  std::map<std::string_view, listing::iterator> by_name_;  // views of the names in entries_
  std::uint64_t next_cookie_ = first_cookie;
};

}  // namespace sluice::inline v0::memory
