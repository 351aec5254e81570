// The verbs of a directory.
#include <sluice/sluice.hpp>

#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

using sluice::open_mode;

void expect(bool good, const char* what) {
  if (good) return;
  std::fprintf(stderr, "not as told: %s\n", what);
  std::exit(1);
}

sluice::task<sluice::result<std::vector<std::string>>> names_in(sluice::dir& d) {
  std::vector<std::string> names;
  std::vector<std::byte> buffer(64 * 1024);
  auto cursor = d.entries();
  for (;;) {
    auto batch = co_await cursor.next(buffer);
    if (!batch) co_return std::unexpected(batch.error());
    if (batch->empty()) co_return names;
    for (const sluice::dir_entry e : *batch) {
      if (!e.dot_or_dot_dot()) names.emplace_back(e.name().c_str());
    }
  }
}

// A file that appears under its name only when it is whole.
sluice::task<sluice::result<void>> appear(sluice::dir& in, sluice::path_ref name) {
  auto nameless = co_await in.open(".", open_mode::write | open_mode::temporary, 0644);
  if (!nameless) co_return std::unexpected(nameless.error());
  constexpr std::string_view text = "all of it\n";
  auto written = co_await nameless->write_all_at(std::as_bytes(std::span(text)), 0);
  if (!written) co_return std::unexpected(written.first_error);
  auto linked = co_await in.link_file(*nameless, name);
  co_return linked;
}

// A name that a stranger gave must not lead out of the directory.
sluice::task<void> strangers(sluice::dir& d) {
  auto out = co_await d.open_beneath("../../etc/passwd", open_mode::read);
  expect(!out && out.error() == sluice::errc::cross_device, "dot-dot does not lead out");
  auto absolute = co_await d.open_beneath("/etc/passwd", open_mode::read);
  expect(!absolute && absolute.error() == sluice::errc::cross_device, "nor does a slash");
  auto inside = co_await d.open_beneath("a", open_mode::read);
  expect(inside.has_value(), "what lies beneath can be opened");
}

sluice::task<void> rearrange(sluice::dir& d) {
  auto copied = co_await d.link("a", d, "b");
  expect(copied.has_value(), "a second name");
  auto kept = co_await d.rename("a", d, "b", sluice::rename_mode::no_replace);
  expect(!kept && kept.error() == sluice::errc::exists, "no_replace keeps what is there");
  auto pointed = co_await d.symlink("b", "s");
  expect(pointed.has_value(), "a symbolic link");
  char text[64];
  auto size = co_await d.readlink("s", text);
  expect(size && std::string_view(text, *size) == "b", "its text");
  auto itself = co_await d.stat("s");
  expect(itself && itself->type == sluice::file_type::symlink, "stat does not follow");
  const auto wanted = sluice::stat_mask::basic;
  auto target = co_await d.stat("s", wanted, sluice::lookup::follow);
  expect(target && target->type == sluice::file_type::regular, "unless asked to");
}

sluice::task<void> everything(sluice::dir& here) {
  auto made = co_await here.mkdir("guide.d");
  expect(made.has_value(), "made");
  auto d = co_await here.open_dir("guide.d");
  expect(d.has_value(), "opened");
  auto appearing = appear(*d, "a");
  auto appeared = co_await std::move(appearing);
  if (!appeared && appeared.error() == sluice::errc::not_supported) {
    // Not every file system has nameless files.
    auto plain = co_await d->open("a", open_mode::write | open_mode::create);
    expect(plain.has_value(), "created");
  }
  auto first = strangers(*d);
  co_await std::move(first);
  auto second = rearrange(*d);
  co_await std::move(second);
  auto listing = names_in(*d);
  auto names = co_await std::move(listing);
  expect(names && names->size() == 3, "a, b and s");
  for (const std::string& name : *names) {
    auto gone = co_await d->unlink(name);
    expect(gone.has_value(), "removed");
  }
  auto removed = co_await here.rmdir("guide.d");
  expect(removed.has_value(), "removed the directory");
}

int main() {
  sluice::loop loop;
  sluice::dir here = sluice::system().current_dir();
  loop.run(everything(here));
}
