// A space of somebody else's, and the suite run on it: all of memory, through a filter that counts.
#include <sluice/conformance/run.hpp>
#include <sluice/fs/ops.hpp>
#include <sluice/space/memory.hpp>

#include <atomic>
#include <cstdio>
#include <memory>

namespace {

using namespace sluice::conformance;

class counting_space final : public sluice::space {
 public:
  explicit counting_space(sluice::space& inner) noexcept : space(rows()), inner_(inner) {}
  std::atomic<unsigned> operations = 0;

  sluice::dir attach(sluice::dir of_inner) noexcept {
    return sluice::dir(sluice::adopt, *this, of_inner.detach());
  }

 private:
  static counting_space& of(sluice::space& s) { return static_cast<counting_space&>(s); }
  static const sluice::space_table& rows() {
    static const sluice::space_table made = [] {
      sluice::space_table t{"counting"};
      for (auto& row : t.rows) {
        row = [](sluice::space& s, sluice::operation& op) noexcept {
          ++of(s).operations;
          of(s).inner_.submit(op);
        };
      }
      t.cancel = [](sluice::space& s, sluice::operation& op) noexcept { of(s).inner_.cancel(op); };
      t.release = [](sluice::space& s, sluice::handle_id id) noexcept { of(s).inner_.release(id); };
      return t;
    }();
    return made;
  }

  sluice::space& inner_;
};

struct counted_memory {
  sluice::memory_space files;
  counting_space counts{files};
};

std::atomic<unsigned> operations = 0;

void in_counted_memory(place& p) {
  std::shared_ptr<counted_memory> both(new counted_memory, [](counted_memory* m) {
    operations += m->counts.operations;
    delete m;
  });
  p.root = both->counts.attach(both->files.root());
  p.options = sluice::loop_options();
  const auto& table = both->files.table();
  for (std::size_t k = 0; k < sluice::op_kinds; ++k) {
    p.lacks.set(k, !table.supports(static_cast<sluice::op_kind>(k)));
  }
  p.keeps = both;
}

}  // namespace

int main(int argc, char** argv) {
  const place_maker places[] = {{"counted_memory", in_counted_memory, false}};
  const int failed = conformance_main(argc, argv, places);
  std::printf("%u operations\n", operations.load());
  return operations > 1000 && all_cases().size() > 100 ? failed : 1;
}
