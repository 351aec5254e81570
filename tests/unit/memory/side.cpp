#include "unit/memory/side.hpp"

#include <linux/magic.h>
#include <sys/vfs.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <sstream>
#include <vector>

namespace memory_test {

namespace {

constexpr std::int64_t long_ago = 1'000'000;

struct named {
  std::string name;
  file_type type;
};

result<std::vector<named>> entries_of(const dir& at) {
  auto opened = sync(at.open_dir("."));
  if (!opened) return std::unexpected(opened.error());
  std::vector<named> all;
  std::vector<std::byte> buffer(4096);
  dir_cursor cursor = opened->entries();
  for (;;) {
    const auto batch = sync(cursor.next(buffer));
    if (!batch) return std::unexpected(batch.error());
    if (batch->empty()) break;
    for (const dir_entry e : *batch) {
      if (!e.dot_or_dot_dot()) all.push_back({e.name().c_str(), e.type()});
    }
  }
  std::ranges::sort(all, {}, &named::name);
  return all;
}

/// Names may have a terminator and values anything in them.
std::string value_of(const dir& at, path_ref name, const std::string& attribute) {
  std::vector<std::byte> value(70'000);
  const auto size = sync(at.get_xattr(name, attribute, value));
  if (!size) return word(size.error());
  return std::to_string(*size) + ":" + std::to_string(*size > 0 ? static_cast<int>(value[0]) : 0);
}

}  // namespace

std::string describe_status(const result<file_status>& s) {
  if (!s) return word(s.error());
  std::ostringstream text;
  text << "type " << static_cast<int>(s->type) << " mode " << std::oct << s->mode << std::dec
       << " links " << s->links << " owner " << s->owner << ':' << s->group;
  const bool sized = s->type == file_type::regular || s->type == file_type::symlink;
  if (sized) text << " size " << s->size;
  if (s->type == file_type::regular) text << " allocated " << s->allocated;
  text << " device " << s->special_device;
  text << (s->accessed.seconds < long_ago ? " read long ago" : " read lately");
  text << (s->modified.seconds < long_ago ? " old" : " new");
  return text.str();
}

std::string describe_content(const file& f) {
  std::vector<std::byte> all;
  const auto read = sync(f.read_to_end(all));
  if (read.first_error) return word(read.first_error);
  std::ostringstream text;
  for (std::size_t at = 0; at < all.size();) {
    const auto end = std::ranges::find_if(all.begin() + static_cast<std::ptrdiff_t>(at), all.end(),
                                          [&](std::byte b) { return b != all[at]; });
    const auto next = static_cast<std::size_t>(end - all.begin());
    text << ' ' << static_cast<int>(all[at]) << '*' << next - at;
    at = next;
  }
  text << " holes";
  for (std::uint64_t at = 0;;) {
    const auto data = sync(f.seek_data(at));
    if (!data) break;
    const auto hole = sync(f.seek_hole(*data));
    if (!hole) break;
    text << ' ' << *data << '-' << *hole;
    at = *hole;
  }
  return text.str();
}

std::string list(const dir& at) {
  const auto all = entries_of(at);
  if (!all) return word(all.error());
  std::string text;
  for (const named& n : *all) text += n.name + ":" + std::to_string(static_cast<int>(n.type)) + " ";
  return text;
}

std::string xattrs_of(const dir& at, path_ref name) {
  std::vector<char> room(4096);
  const auto size = sync(at.list_xattr(name, room));
  if (!size) return word(size.error());
  std::vector<std::string> names;
  for (std::size_t i = 0; i < *size; i += std::strlen(&room[i]) + 1) names.emplace_back(&room[i]);
  std::ranges::sort(names);
  std::string text;
  for (const std::string& n : names) text += " " + n + "=" + value_of(at, name, n);
  return text;
}

std::string describe_tree(const dir& at, const std::string& indent) {
  const auto all = entries_of(at);
  if (!all) return word(all.error());
  std::string text;
  for (const named& n : *all) {
    text += indent + n.name + ": " + describe_status(sync(at.stat(n.name)));
    text += xattrs_of(at, n.name);
    if (n.type == file_type::symlink) {
      char target[4096];
      const auto size = sync(at.readlink(n.name, target));
      text += " -> " + (size ? std::string(target, *size) : word(size.error()));
    } else if (n.type == file_type::regular) {
      const auto opened = sync(at.open(n.name, open_mode::read | open_mode::no_access_time));
      text += opened ? describe_content(*opened) : word(opened.error());
    }
    text += "\n";
    if (n.type == file_type::directory) {
      const auto below = sync(at.open_dir(n.name, open_mode::read | open_mode::no_follow));
      text += below ? describe_tree(*below, indent + "  ") : word(below.error());
    }
  }
  return text;
}

tmpfs_folder::tmpfs_folder() {
  struct statfs about;
  if (::statfs("/dev/shm", &about) != 0 || about.f_type != TMPFS_MAGIC) return;
  std::string name = "/dev/shm/sluice-XXXXXX";
  if (::mkdtemp(name.data()) != nullptr) path_ = name;
}

tmpfs_folder::~tmpfs_folder() {
  std::error_code ignored;
  if (!path_.empty()) std::filesystem::remove_all(path_, ignored);
}

dir tmpfs_folder::open() const {
  const dir here = system().current_dir();
  return sync(here.open_dir(path_)).value();
}

}  // namespace memory_test
