// Trees as a library: copy one, size it, walk it.
#include <sluice/fs/tree.hpp>
#include <sluice/fs/tree_size.hpp>
#include <sluice/sluice.hpp>

#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <string>
#include <vector>

void expect(bool good, const char* what) {
  if (good) return;
  std::fprintf(stderr, "not as told: %s\n", what);
  std::exit(1);
}

// What could not be done is told; the copy goes on without it.
bool copy(const sluice::dir& here, const char* from, const char* to) {
  bool whole = true;
  for (const sluice::copy_problem& p : sluice::fs::copy_tree(here, from, here, to)) {
    std::fprintf(stderr, "%s: %s\n", p.source.c_str(), sluice::describe(p.why).c_str());
    if (p.failure) whole = false;
  }
  return whole;
}

// How many files there are of more than so many bytes.
int count_large(const sluice::dir& here, const std::string& root, std::uint64_t bytes) {
  std::atomic<int> found = 0;
  const auto problems = sluice::fs::walk(here, root, [&](const sluice::fs::walked& w) {
    if (w.status.type == sluice::file_type::regular && w.status.size > bytes) ++found;
    return true;  // and go into every directory
  });
  return problems.empty() ? found.load() : -1;
}

class sizing final : public sluice::tree_size {
 public:
  sizing() : tree_size(sluice::size_options()) {}

 private:
  void failed(const std::string& path, sluice::walk_step, const sluice::error& why) override {
    std::fprintf(stderr, "%s: %s\n", path.c_str(), sluice::describe(why).c_str());
  }
};

sluice::size_totals size(const sluice::dir& here, const std::string& path) {
  const sluice::tree_limits limits = sluice::limits_for_walks();
  sluice::crew workers(limits.crew);
  sizing s;
  return s.run(limits, workers, here, std::span(&path, 1));
}

// Counts what ends in .txt. Its members are called on several threads at once.
class counting final : public sluice::tree_visitor {
 public:
  std::atomic<int> found = 0;
  std::atomic<int> failures = 0;

  sluice::task<bool> enter(sluice::walk_dir&, sluice::dir&, sluice::worker&) override {
    co_return true;
  }
  sluice::task<void> entries(sluice::walk_dir&, sluice::dir&,
                             std::span<const sluice::walk_entry> some, sluice::worker&) override {
    for (const sluice::walk_entry& e : some) {
      if (std::string_view(e.name.c_str()).ends_with(".txt")) ++found;
    }
    co_return;
  }
  std::shared_ptr<sluice::walk_dir> descend(sluice::walk_dir& d,
                                            const sluice::walk_entry& e) override {
    return std::make_shared<sluice::walk_dir>(d, e.name.c_str(), *e.status);
  }
  sluice::task<void> leave(sluice::walk_dir&, sluice::worker&) override { co_return; }
  void failed(sluice::walk_dir&, sluice::path_ref, sluice::walk_step,
              const sluice::error&) override {
    ++failures;
  }
};

int count_texts(const sluice::dir& here, const std::string& path) {
  const sluice::tree_limits limits = sluice::limits_for_walks();
  sluice::crew workers(limits.crew);
  sluice::walk_options how;
  how.status_of_all = false;  // names and types will do
  how.open_directories = limits.open_directories;
  counting visitor;
  sluice::walker walk(workers, visitor, how);
  const auto status = sluice::sync(here.stat(path));
  expect(status.has_value(), "the root is there");
  const auto root = std::make_shared<sluice::walk_dir>(
      here, path, sluice::open_mode::read | sluice::open_mode::no_follow, *status);
  const std::shared_ptr<sluice::walk_dir> roots[] = {root};
  walk.run(roots);
  return visitor.failures == 0 ? visitor.found.load() : -1;
}

// Work of any kind: a piece may add more, and whoever has nothing to do takes the oldest.
class halve final : public sluice::work {
 public:
  halve(int n, std::atomic<int>& leaves) : n_(n), leaves_(leaves) {}
  sluice::task<void> run(sluice::worker& on) override {
    if (n_ == 1) {
      ++leaves_;
      co_return;
    }
    on.of().add(on, std::make_unique<halve>(n_ / 2, leaves_));
    on.of().add(on, std::make_unique<halve>(n_ - n_ / 2, leaves_));
  }

 private:
  int n_;
  std::atomic<int>& leaves_;
};

int main() {
  sluice::dir here = sluice::system().current_dir();
  expect(sluice::sync(here.mkdir("tree")).has_value(), "made");
  expect(sluice::sync(here.mkdir("tree/below")).has_value(), "made");
  for (const char* name : {"tree/a.txt", "tree/below/b.txt", "tree/c"}) {
    const auto fresh = sluice::open_mode::write | sluice::open_mode::create;
    auto f = sluice::sync(here.open(name, fresh));
    expect(f.has_value(), "created");
    expect(sluice::sync(f->write_all_at(std::as_bytes(std::span("text", 4)), 0)).whole(), "written");
  }

  expect(copy(here, "tree", "copy"), "copied");
  const sluice::size_totals total = size(here, "copy");
  expect(total.entries == 5, "two directories and three files");
  expect(count_large(here, "copy", 3) == 3, "of four bytes each");
  expect(count_texts(here, "copy") == 2, "two of them texts");

  std::atomic<int> leaves = 0;
  sluice::crew workers;
  workers.run(std::make_unique<halve>(1000, leaves));
  expect(leaves == 1000, "every piece was done");

  for (const char* root : {"tree", "copy"}) {
    for (const char* name : {"/a.txt", "/below/b.txt", "/c"}) {
      expect(sluice::sync(here.unlink(std::string(root) + name)).has_value(), "removed");
    }
    expect(sluice::sync(here.rmdir(std::string(root) + "/below")).has_value(), "removed");
    expect(sluice::sync(here.rmdir(root)).has_value(), "removed");
  }
}
