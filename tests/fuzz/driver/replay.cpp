// Runs a fuzz target without libFuzzer: over its corpus, then over mutations of it from a fixed seed.
// Usage: PROGRAM CORPUS MUTATIONS, or PROGRAM FILE for one input.
#include <algorithm>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <random>
#include <string>
#include <string_view>
#include <vector>

#include "fuzz/target.hpp"

namespace {

namespace fs = std::filesystem;

constexpr std::size_t longest = 4096;
std::string current;

/// The input that ends the program is left where it can be run again.
void save_current(int) {
  std::FILE* out = std::fopen("failed_input", "wb");
  if (out != nullptr) {
    std::fwrite(current.data(), 1, current.size(), out);
    std::fclose(out);
    std::fputs("the input is in ./failed_input: give it to the program alone to run it again\n", stderr);
  }
  std::signal(SIGABRT, SIG_DFL);
  std::abort();
}

/// In memory of its own and exact length, so that sanitizers see a read beyond it.
void run(const std::string& input) {
  current = input;
  const std::vector<std::uint8_t> bytes(input.begin(), input.end());
  LLVMFuzzerTestOneInput(bytes.data(), bytes.size());
}

std::string content(const fs::path& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

class mutator {
 public:
  explicit mutator(const std::vector<std::string>& corpus) : corpus_(corpus) {}

  std::string next() {
    std::string text = any();
    for (std::size_t n = 1 + below(6); n > 0; --n) change(text);
    text.resize(std::min(text.size(), longest));
    return text;
  }

 private:
  std::size_t below(std::size_t end) { return lot_() % end; }
  const std::string& any() { return corpus_[below(corpus_.size())]; }

  void change(std::string& text) {
    static constexpr std::string_view favourites{"\r\n\0 \t/.%:?\",-=*019aAf\x7f\x80\xff", 26};
    const std::size_t at = below(text.size() + 1);
    const std::size_t length = below(std::min<std::size_t>(text.size() - at, 16) + 1);
    switch (below(7)) {
      case 0: text.insert(at, 1, favourites[below(favourites.size())]); break;
      case 1: text.insert(at, 1, static_cast<char>(lot_())); break;
      case 2: text.erase(at, length); break;
      case 3: text.insert(at, text.substr(at, length)); break;
      case 4: if (at < text.size()) text[at] = static_cast<char>(text[at] ^ (1 << below(8))); break;
      case 5: text.resize(at); break;
      case 6: {
        const std::string& other = any();
        const std::size_t from = below(other.size() + 1);
        text.insert(at, other.substr(from, below(64)));
      }
    }
  }

  const std::vector<std::string>& corpus_;
  std::mt19937_64 lot_{20'261'121};
};

}  // namespace

int main(int argc, char** argv) {
  std::signal(SIGABRT, save_current);
  if (argc == 2) {
    run(content(argv[1]));
    return 0;
  }
  if (argc != 3) return 2;
  std::vector<fs::path> files;
  for (const auto& entry : fs::directory_iterator(argv[1])) files.push_back(entry.path());
  std::sort(files.begin(), files.end());
  std::vector<std::string> corpus;
  for (const fs::path& file : files) corpus.push_back(content(file));
  if (corpus.empty()) return 2;
  for (const std::string& seed : corpus) run(seed);
  mutator mutations(corpus);
  for (long n = std::atol(argv[2]); n > 0; --n) run(mutations.next());
  return 0;
}
