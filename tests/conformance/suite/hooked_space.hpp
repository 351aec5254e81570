// A space over a space, for tests: it may do something else instead of handing an operation on, and
// sees each one when it has ended, before who asked does.
#pragma once

#include <functional>
#include <mutex>
#include <unordered_map>

#include "sluice/core/call.hpp"

namespace sluice::conformance {

struct hooks {
  /// True: it was taken care of; false: hand it on.
  std::function<bool(operation&)> instead;
  /// It has ended, and was or was not asked to be cancelled before; may change its result.
  std::function<void(operation&, bool asked_to_stop)> ended;
  /// False: nobody hears of the request to stop.
  bool hands_on_stops = true;
  /// Whether transfers are made of this space's reads and writes.
  bool piecewise = true;
};

/// Ids are those of `inner`. The hooks are called on any thread, and not at the same time for one
/// operation.
class hooked_space final : public space {
 public:
  hooked_space(space& inner, hooks h);

  space& inner() const noexcept { return inner_; }

  template <class Handle>
  Handle attach(Handle of_inner) noexcept {
    return Handle(adopt, *this, of_inner.detach());
  }

 private:
  struct table_maker;
  struct asked {
    void (*run)(job&) noexcept;  // what its owner wants to be run
    void* waiter;
    bool stop = false;
  };
  void submit(operation& op) noexcept;
  void stop(operation& op) noexcept;
  void end(operation& op) noexcept;

  space& inner_;
  hooks hooks_;
  std::mutex mutex_;
  std::unordered_map<operation*, asked> pending_;
};

}  // namespace sluice::conformance
