// Sizes told in the order of names are the same however many threads walk.
#include <gtest/gtest.h>

#include <filesystem>
#include <random>
#include <set>

#include "sluice/fs/tree_size.hpp"
#include "sluice/system.hpp"
#include "temp_tree.hpp"

namespace {

using namespace sluice;
using sluice_test::temp_tree;
namespace fs = std::filesystem;

using told_names = std::vector<std::pair<std::string, std::uint64_t>>;

class telling final : public tree_size {
 public:
  using tree_size::tree_size;
  told_names told;

 private:
  void counted(sized_dir& d, const std::string& name, const size_totals& one) override {
    told.emplace_back(d.where.path_of(name), one.apparent);
  }
  void left(sized_dir& d) override { told.emplace_back(d.where.path(), d.totals().entries); }
  void failed(const std::string& path, walk_step, const error&) override {
    told.emplace_back("failed " + path, 0);
  }
};

told_names tell(const std::string& root, unsigned jobs, unsigned depth, bool files) {
  size_options o;
  o.order = size_order::names;
  o.told_depth = depth;
  o.tell_files = files;
  const tree_limits limits = limits_for_trees(jobs);
  crew workers(limits.crew);
  telling t(o);
  const std::vector<std::string> operands{root};
  t.run(limits, workers, sluice::system().current_dir(), operands);
  return std::move(t.told);
}

/// The same by one thread, with nothing but the standard library.
struct by_hand {
  unsigned depth_told;
  bool files;
  std::set<std::string> met;
  told_names told;

  std::uint64_t walk(const fs::path& at, unsigned depth) {
    std::uint64_t entries = 1;
    for (const auto& e : fs::directory_iterator(at)) {
      if (e.is_directory()) {
        entries += walk(e.path(), depth + 1);
        continue;
      }
      // Files of one group have a size of their own.
      if (e.hard_link_count() > 1 && !met.insert(std::to_string(e.file_size())).second) continue;
      ++entries;
      if (files && depth < depth_told) told.emplace_back(e.path().string(), e.file_size());
    }
    if (depth <= depth_told) told.emplace_back(at.string(), entries);
    return entries;
  }
};

/// Hard links between directories that are chosen by lot.
struct linked_bush : temp_tree {
  explicit linked_bush(unsigned seed) {
    std::mt19937 lot(seed);
    std::vector<std::string> directories{"t"};
    directory("t");
    for (int i = 0; i < 120; ++i) {
      directories.push_back(directories[lot() % directories.size()] + "/d" + std::to_string(i));
      directory(directories.back());
    }
    for (int i = 0; i < 900; ++i) {
      const std::string name = directories[lot() % directories.size()] + "/f" + std::to_string(i);
      file(name, i % 3 == 0 ? 10'000 + i : 5);
      for (unsigned n = i % 3 == 0 ? lot() % 4 : 0; n > 0; --n) {
        const std::string other = directories[lot() % directories.size()];
        fs::create_hard_link(*this / name,
                             *this / (other + "/l" + std::to_string(i) + "-" + std::to_string(n)));
      }
    }
    for (int i = 0; i < 1500; ++i) file(directories[1] + "/many" + std::to_string(i), 1);
  }
};

TEST(SizeOrder, IsThatOfOneThread) {
  for (const unsigned seed : {1u, 2u, 3u}) {
    const linked_bush t(seed);
    for (const auto& [depth, files] : {std::pair(99u, true), {99u, false}, {1u, true}, {1u, false}}) {
      by_hand wanted{depth, files, {}, {}};
      wanted.walk(t / "t", 0);
      for (const unsigned jobs : {1u, 2u, 8u}) {
        for (int again = 0; again < 6; ++again) {
          told_names got = tell(t / "t", jobs, depth, files);
          // Those too deep to be told may come, where something in them had to wait.
          std::erase_if(got, [&](const auto& one) {
            const auto below = fs::path(one.first).lexically_relative(t / "t");
            const auto levels = below == "." ? 0 : std::distance(below.begin(), below.end());
            return levels > depth;
          });
          ASSERT_EQ(got, wanted.told) << "seed " << seed << ", " << jobs << " jobs, depth " << depth;
        }
      }
    }
  }
}

}  // namespace
