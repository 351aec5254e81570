// The suite as a table: a line for each case in each place.
#include <cstdio>
#include <string_view>
#include <vector>

#include "sluice/conformance/run.hpp"

namespace sluice::conformance {

namespace {

constexpr std::size_t verdicts = static_cast<std::size_t>(verdict::failed) + 1;

std::string names_of(const kind_set& set) {
  std::string names;
  for (std::size_t k = 0; k < op_kinds; ++k) {
    if (!set.test(k)) continue;
    if (!names.empty()) names += ", ";
    names += name_of(static_cast<op_kind>(k));
  }
  return names;
}

/// What the arguments choose; all, if there are none.
class choice {
 public:
  choice(int argc, char** argv) {
    for (int i = 1; i < argc; ++i) {
      const std::string_view word = argv[i];
      if (word == "--list") {
        only_names_ = true;
      } else if (word != "--table") {
        words_.push_back(word);
      }
    }
  }
  bool only_names() const { return only_names_; }
  bool takes(std::string_view place_name, std::string_view case_name) const {
    if (words_.empty()) return true;
    for (const std::string_view word : words_) {
      const std::size_t dot = word.find('.');
      const std::string_view where = word.substr(0, dot);
      const std::string_view what = dot == word.npos ? std::string_view() : word.substr(dot + 1);
      if ((where.empty() || where == place_name) && (what.empty() || what == case_name))
        return true;
    }
    return false;
  }

 private:
  bool only_names_ = false;
  std::vector<std::string_view> words_;
};

void print(std::string_view place_name, const char* case_name, const outcome& o) {
  std::printf("%-24.*s %-52s %s\n", static_cast<int>(place_name.size()), place_name.data(),
              case_name, show(o).c_str());
  for (const finding& f : o.findings) {
    std::printf("    %s:%u: %s\n", f.file.c_str(), f.line, f.what.c_str());
  }
}

/// What the place lacks, asked for kind by kind. Gives 1 where it does not, or does not say so.
unsigned print_lacks(const place_maker& where) {
  place p;
  where.make(p);
  const outcome o = check_lacks(where);
  const std::string lacks = p.lacks.any() ? "lacks: " + names_of(p.lacks) : "lacks nothing";
  std::printf("%-24s %-52s %s: %s\n", where.name.c_str(), "names_what_it_lacks", show(o).c_str(),
              lacks.c_str());
  for (const finding& f : o.findings)
    std::printf("    %s\n", f.what.c_str());
  return o.what == verdict::failed ? 1 : 0;
}

}  // namespace

std::string show(const outcome& o) {
  switch (o.what) {
    case verdict::passed:
      return "passed";
    case verdict::refused:
      return "refused: " + names_of(o.refused);
    case verdict::needs_loop:
      return "not run: needs a loop";
    case verdict::needs_threads:
      return "not run: needs threads";
    case verdict::not_taken:
      return "not run: not about what the place is for";
    case verdict::no_place:
      return "not run: " + o.why;
    case verdict::failed:
      break;
  }
  return "FAILED";
}

int conformance_main(int argc, char** argv, std::span<const place_maker> places) {
  const choice chosen(argc, argv);
  unsigned total = 0;
  std::string numbers;
  unsigned failed = 0;
  for (const place_maker& where : places) {
    unsigned count[verdicts] = {};
    unsigned here = 0;
    for (const test_case& c : all_cases()) {
      if (!chosen.takes(where.name, c.name)) continue;
      ++here;
      if (chosen.only_names()) {
        std::printf("%s.%s\n", where.name.c_str(), c.name);
        continue;
      }
      const outcome o = run_case(c, where);
      ++count[static_cast<std::size_t>(o.what)];
      print(where.name, c.name, o);
      std::fflush(stdout);
    }
    total += here;
    if (here > 0 && !chosen.only_names()) failed += print_lacks(where);
    failed += count[static_cast<std::size_t>(verdict::failed)];
    if (here == 0) continue;
    numbers += where.name + ": " + std::to_string(here) + " cases";
    constexpr const char* words[verdicts] = {
        "passed", "refused", "need a loop", "need threads", "not taken", "no such place", "FAILED"};
    for (std::size_t v = 0; v < verdicts; ++v) {
      if (count[v] > 0) numbers += ", " + std::to_string(count[v]) + " " + words[v];
    }
    numbers += "\n";
  }
  if (!chosen.only_names()) std::printf("\n%s", numbers.c_str());
  if (total == 0) std::fprintf(stderr, "no such place or case\n");
  return total == 0 ? 2 : failed > 0 ? 1 : 0;
}

}  // namespace sluice::conformance
