// A scratch directory that goes away with everything in it.
#pragma once

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>

namespace sluice_test {

class temp_tree {
 public:
  temp_tree() {
    std::string name = std::filesystem::temp_directory_path() / "sluice-XXXXXX";
    root_ = ::mkdtemp(name.data());
  }
  ~temp_tree() {
    std::error_code ignored;
    std::filesystem::remove_all(root_, ignored);
  }
  temp_tree(const temp_tree&) = delete;
  temp_tree& operator=(const temp_tree&) = delete;

  const std::filesystem::path& root() const { return root_; }
  std::string operator/(const std::string& below) const { return root_ / below; }

  void directory(const std::string& name) { std::filesystem::create_directories(root_ / name); }
  void file(const std::string& name, std::size_t size = 0) {
    std::ofstream(root_ / name) << std::string(size, 'x');
  }

 private:
  std::filesystem::path root_;
};

}  // namespace sluice_test
