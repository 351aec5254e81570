// A space of one's own: a device of two banks, the second of which fails beyond a place.
#include <sluice/sluice.hpp>

#include <array>
#include <cstdio>
#include <cstdlib>
#include <deque>
#include <vector>

void expect(bool good, const char* what) {
  if (good) return;
  std::fprintf(stderr, "not as told: %s\n", what);
  std::exit(1);
}

class banks final : public sluice::space {
 public:
  static constexpr std::size_t bank_size = 4096;

  banks() : space(rows()) {
    for (std::size_t i = 0; i < bytes_.size(); ++i) bytes_[i] = static_cast<std::byte>(i / 16);
  }

  // Whoever gets this handle uses it as any other file.
  sluice::file open() noexcept { return sluice::file(sluice::adopt, *this, 0); }

  // What a real device's interrupt would do: the last request first.
  void answer() noexcept {
    while (!waiting_.empty()) {
      sluice::segment last = std::move(waiting_.back());
      waiting_.pop_back();
      carry_out(last);
    }
  }

 private:
  // One row for each kind of operation that the space has; the others say not_supported.
  static const sluice::space_table& rows() {
    static const sluice::space_table table = [] {
      sluice::space_table t("banks");
      t[sluice::op_kind::read_segments] = take;
      return t;
    }();
    return table;
  }

  static void take(sluice::space& s, sluice::operation& op) noexcept {
    banks& self = static_cast<banks&>(s);
    sluice::segment all = sluice::segment::whole_of(static_cast<sluice::transfer&>(op));
    if (all.offset() < bank_size && all.offset() + all.size() > bank_size) {
      // The two banks work on their own. Empty: there is no room to tell of one segment more.
      sluice::segment second = all.split_off(bank_size - all.offset());
      if (second) self.waiting_.push_back(std::move(second));
    }
    self.waiting_.push_back(std::move(all));
  }

  void carry_out(sluice::segment& s) noexcept {
    const std::size_t end = bytes_.size() - 100;  // the last hundred bytes are damaged
    if (s.offset() >= bytes_.size()) return s.fail(sluice::errc::end_of_file);
    const std::span<const std::byte> there = std::span(bytes_).subspan(s.offset());
    const std::size_t good = s.offset() + s.size() > end ? end - s.offset() : s.size();
    s.copy_in(there.first(good));
    s.finish(good, sluice::errc::io);  // all of them, or so many, and this is why not more
  }

  std::array<std::byte, 2 * bank_size> bytes_;
  std::deque<sluice::segment> waiting_;
};

sluice::task<void> read_all(sluice::file& f, std::span<std::byte> buffer) {
  auto whole = co_await f.read_exact_at(buffer, 0);
  expect(!whole && whole.done == buffer.size() - 100, "all before the damage");
  expect(whole.first_error == sluice::errc::io, "and why not more");
}

sluice::task<void> hear_of_parts(sluice::file& f, std::span<std::byte> buffer) {
  std::size_t parts = 0, good = 0;
  sluice::each_segment told([&](const sluice::landed_segment& s) {
    ++parts;
    good += s.done;
  });
  auto whole = co_await f.read_segments_at(buffer, 0, told);
  expect(parts == 2 && good == whole.done, "one part from each bank");
}

sluice::task<void> take_parts(sluice::file& f, std::span<std::byte> buffer) {
  sluice::segment_stream<4> parts;
  auto reading = f.read_segments_at(buffer, 0, parts, 7);
  co_await parts.begin(reading);  // begins; does not wait for it
  std::vector<std::size_t> begins;
  for (;;) {
    auto part = co_await parts.next();
    if (!part) break;  // errc::end_of_file: all has landed
    expect(part->tag == 7, "the tag tells transfers apart");
    begins.push_back(part->begin);
  }
  expect(begins == std::vector<std::size_t>({0, banks::bank_size}), "as they landed");
  expect(reading.outcome().total == buffer.size(), "and the whole");
}

int main() {
  sluice::loop loop;
  banks device;
  sluice::file f = device.open();
  std::vector<std::byte> buffer(2 * banks::bank_size);
  // Something has to answer the device's requests: here a task that does so in each turn.
  bool over = false;
  auto interrupts = [](banks& d, const bool& ended) -> sluice::task<void> {
    while (!ended) {
      d.answer();
      co_await sluice::yield();
    }
  };
  auto program = [](sluice::file& on, std::span<std::byte> into, bool& ended) -> sluice::task<void> {
    co_await read_all(on, into);
    co_await hear_of_parts(on, into);
    co_await take_parts(on, into);
    ended = true;
  };
  auto both = sluice::when_all(program(f, buffer, over), interrupts(device, over));
  loop.run(std::move(both));
}
