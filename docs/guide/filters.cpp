// Filters of the library, and two that are written here.
#include <sluice/sluice.hpp>
#include <sluice/space/fault.hpp>
#include <sluice/space/memory.hpp>
#include <sluice/space/throttle.hpp>
#include <sluice/space/trace.hpp>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <string_view>

using sluice::op_kind;
using sluice::open_mode;

void expect(bool good, const char* what) {
  if (good) return;
  std::fprintf(stderr, "not as told: %s\n", what);
  std::exit(1);
}

constexpr auto fresh = open_mode::read_write | open_mode::create | open_mode::truncate;

// The code that is looked at.
sluice::task<sluice::transfer_result> save(const sluice::dir& in, std::string_view text) {
  auto f = co_await in.open("f", fresh);
  if (!f) {
    sluice::transfer_result none;
    none.first_error = f.error();
    co_return none;
  }
  const auto data = std::as_bytes(std::span(text));
  auto written = co_await f->write_all_at(data, 0);
  co_return written;
}

void what_went_on(sluice::loop& loop) {
  sluice::memory_space files;
  sluice::trace_space trace(files);
  sluice::dir root = trace.attach(files.root());
  auto saved = loop.run(save(root, "text"));
  const sluice::trace_counts all = trace.counts();
  expect(saved && all.started == 2 && all.bytes == 4, "a file opened, and four bytes written");
  const auto median = trace.latencies(op_kind::open).percentile(0.5);
  expect(median >= 0 && median < 60'000'000'000, "nanoseconds");
}

void no_space_left(sluice::loop& loop) {
  sluice::memory_space files;
  sluice::fault_rule plan[2];
  plan[0].about = op_kind::write_at;  // the first write is short,
  plan[0].what = sluice::fault_kind::shorten;
  plan[0].at_most = 1;
  plan[1].about = op_kind::write_at;  // and the second fails
  plan[1].after = 1;
  plan[1].failure = sluice::errc::no_space;
  sluice::fault_options options;
  options.rules = plan;
  sluice::fault_space faulty(files, options);
  sluice::dir root = faulty.attach(files.root());
  auto saved = loop.run(save(root, "text"));
  expect(saved.done == 2 && saved.first_error == sluice::errc::no_space, "exactly that");
}

void no_faster_than_that(sluice::loop& loop) {
  sluice::memory_space files;
  sluice::throttle_options rate;
  rate.operations_per_second = 1000;
  rate.burst_operations = 1;
  sluice::throttle_space slow(files, rate);
  sluice::dir root = slow.attach(files.root());
  const auto begun = loop.now();
  auto saved = loop.run(save(root, "text"));
  expect(saved && loop.now() - begun >= 1'000'000, "two operations, a millisecond between them");
}

// Refuses to create and to write. Rows that are not filled in ask the inner space.
class read_only_space final : public sluice::forwarding_space {
 public:
  explicit read_only_space(sluice::space& inner) : forwarding_space(rows(), inner) {}

 private:
  static const sluice::space_table& rows() {
    static constexpr sluice::space_table table = [] {
      sluice::space_table t = sluice::forwarding_rows("read only");
      for (op_kind k : {op_kind::write_at, op_kind::writev_at, op_kind::mkdir, op_kind::unlink}) {
        t[k] = [](sluice::space&, sluice::operation& op) noexcept {
          op.fail(sluice::errc::read_only);
        };
      }
      t[op_kind::open] = [](sluice::space& s, sluice::operation& op) noexcept {
        const auto& wanted = static_cast<const sluice::ops::open&>(op);
        if (any(wanted.mode & open_mode::create)) return op.fail(sluice::errc::read_only);
        static_cast<read_only_space&>(s).inner().submit(op);
      };
      return t;
    }();
    return table;
  }
};

// Knows how many reads were under way at once.
class depth_space final : public sluice::hop_space {
 public:
  explicit depth_space(sluice::space& inner) : hop_space(rows(), inner) { stock(records_, 16); }

  unsigned most() const {
    const std::lock_guard lock(mutex());
    return most_;
  }

 private:
  static const sluice::space_table& rows() {
    static constexpr sluice::space_table table = [] {
      sluice::space_table t = hop_rows("depth");
      t[op_kind::read_at] = [](sluice::space& s, sluice::operation& op) noexcept {
        static_cast<depth_space&>(s).enter(op, without_record::wait);
      };
      return t;
    }();
    return table;
  }

  void begin(sluice::hop& h) noexcept override {
    {
      const std::lock_guard lock(mutex());
      most_ = std::max(most_, ++now_);
    }
    go_on(h);
  }
  void end(sluice::hop&, bool) noexcept override { --now_; }  // under the mutex

  sluice::hop records_[16];
  unsigned now_ = 0;
  unsigned most_ = 0;
};

void our_own(sluice::loop& loop) {
  sluice::memory_space files;
  sluice::dir root = files.root();
  expect(loop.run(save(root, "text")).whole(), "written");
  read_only_space guard(files);
  depth_space depth(guard);
  sluice::dir guarded = depth.attach(guard.attach(std::move(root)));
  auto refused = loop.run(save(guarded, "more"));
  expect(refused.first_error == sluice::errc::read_only, "read only");
  auto f = sluice::sync(guarded.open("f", open_mode::read));
  expect(f.has_value(), "reading is allowed");
  std::byte buffer[4];
  auto n = sluice::sync(f->read_at(buffer, 0));
  expect(n && *n == 4 && depth.most() == 1, "one read at a time");
}

int main() {
  sluice::loop loop;
  what_went_on(loop);
  no_space_left(loop);
  no_faster_than_that(loop);
  our_own(loop);
}
