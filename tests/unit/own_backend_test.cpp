// A backend as somebody writes it who has only the public headers.
#include "sluice/backend.hpp"

#include <gtest/gtest.h>

#include "sluice/core/task.hpp"
#include "sluice/sync.hpp"
#include "sluice/system.hpp"

namespace {

using namespace sluice;

/// Knows nothing but no-ops and time, and that is its own: it passes when somebody waits.
class idler final : public backend {
 public:
  explicit idler(std::vector<std::string>& log) : log_(log) {
    for (carrier& c : carriers_) {
      c = [](backend&, operation& op) noexcept { op.fail(errc::not_supported); };
    }
    carriers_[static_cast<std::size_t>(op_kind::nop)] = [](backend& b, operation& op) noexcept {
      static_cast<idler&>(b).under_way_.push_back(&op);
    };
    carriers_[static_cast<std::size_t>(op_kind::sleep)] = [](backend& b, operation&) noexcept {
      ++static_cast<idler&>(b).asleep_;
    };
  }

  void cancel(operation& op) noexcept override {
    if (op.kind == op_kind::sleep) {
      --asleep_;
      if (!op.expired) op.failure = errc::canceled;
      op.complete();
    }
  }
  void cancel_all() noexcept override {}
  void close(operation& closing) noexcept override { closing.fail(errc::bad_handle); }
  void turn(time_point_ns until) noexcept override {
    for (operation* op : std::exchange(under_way_, {})) op->complete();
    if (until != never && until > now_) now_ = until;
  }
  void wake() noexcept override {}
  time_point_ns now() noexcept override { return now_; }
  bool idle() const noexcept override { return under_way_.empty() && asleep_ == 0; }
  void retire() noexcept override { log_.push_back("retired"); }
  void collect(loop_statistics&) const noexcept override {}
  std::string report() const override { return "idler: it was asked for"; }

 private:
  std::vector<std::string>& log_;
  std::vector<operation*> under_way_;
  int asleep_ = 0;
  time_point_ns now_ = 1;
};

class idlers final : public backend_source {
 public:
  std::unique_ptr<backend> make(loop&, const loop_options&) override {
    return std::make_unique<idler>(log);
  }
  std::vector<std::string> log;
};

task<void> idle_about() {
  const auto done = co_await system().nop();
  EXPECT_TRUE(done.has_value());
  const auto slept = co_await system().sleep(3'600'000'000'000);
  EXPECT_TRUE(slept.has_value());
  const auto here = system().current_dir();
  const auto opened = co_await here.open("f", open_mode::read);
  EXPECT_EQ(opened.error(), errc::not_supported);
}

TEST(OwnBackend, CarriesALoop) {
  idlers source;
  {
    loop_options o;
    o.source = &source;
    loop l(o);
    l.run(idle_about());
    EXPECT_EQ(l.now(), 3'600'000'000'001);
    EXPECT_EQ(l.backend_report(), "idler: it was asked for");
  }
  EXPECT_EQ(source.log, std::vector<std::string>{"retired"});
}

class box final : public machine {
 public:
  void perform(operation& op) noexcept override {
    performed.push_back(op.kind);
    op.complete();
  }
  void release(handle_id id) noexcept override { released.push_back(id); }
  std::vector<op_kind> performed;
  std::vector<handle_id> released;
};

TEST(OwnBackend, HandlesOfAMachineFindIt) {
  box a;
  box b;
  EXPECT_NE(a.ids(), b.ids());
  EXPECT_EQ(machine::of(b.ids() | 5), &b);
  {
    file f(adopt, system(), b.ids() | 5);
    EXPECT_TRUE(sync(f.sync()));
    EXPECT_EQ(b.performed, std::vector<op_kind>{op_kind::sync});
    file g(adopt, system(), a.ids() | 6);
    EXPECT_TRUE(sync(g.close()));
    EXPECT_EQ(a.performed, std::vector<op_kind>{op_kind::close});
  }
  EXPECT_EQ(b.released, std::vector<handle_id>{b.ids() | 5});
  EXPECT_TRUE(a.released.empty());
}

task<void> use_elsewhere(file f) {
  const auto synced = co_await f.sync();
  EXPECT_EQ(synced.error(), errc::bad_handle);
  const auto closed = co_await f.close();
  EXPECT_EQ(closed.error(), errc::bad_handle);
}

TEST(OwnBackend, AreBadDescriptorsToTheSystem) {
  box b;
  loop native;
  native.run(use_elsewhere(file(adopt, system(), b.ids() | 5)));
  EXPECT_TRUE(b.performed.empty());
}

}  // namespace
