#include "sluice/conformance/place.hpp"

#include <cerrno>
#include <cstdlib>
#include <filesystem>
#include <system_error>

namespace sluice::conformance {

namespace {

std::string make_folder() {
  std::string name = (std::filesystem::temp_directory_path() / "sluice-conformance-XXXXXX").string();
  if (::mkdtemp(name.data()) == nullptr) {
    throw std::system_error(errno, std::generic_category(), "mkdtemp");
  }
  return name;
}

}  // namespace

scratch_folder::scratch_folder() : path_(make_folder()) {}

scratch_folder::~scratch_folder() {
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

place::~place() {
  root = dir();
  loop_.reset();
}

void place::start_loop() {
  if (!options) return;
  try {
    loop_ = std::make_unique<loop>(*options);
  } catch (const std::exception& refused) {
    why_not = refused.what();
  }
}

std::unique_ptr<loop> place::loop_with(unsigned ring_entries) const {
  loop_options o = *options;
  o.ring_entries = ring_entries;
  return std::make_unique<loop>(o);
}

result<pipe_ends> place::make_pipe() {
  if (pipes) return pipes(*this);
  auto made = system().make_pipe();
  if (!made) return std::unexpected(made.error());
  return pipe_ends(adopted(std::move(made->reader)), adopted(std::move(made->writer)));
}

}  // namespace sluice::conformance
