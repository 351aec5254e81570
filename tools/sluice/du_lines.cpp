#include "du_lines.hpp"

#include <algorithm>
#include <utility>

#include "du_time.hpp"
#include "json.hpp"

namespace sluice::tool {

std::uint64_t du_lines::amount(const size_totals& t) const noexcept {
  if (options_.inodes) return t.entries;
  return options_.apparent ? t.apparent : t.allocated;
}

void du_lines::add(const std::string& path, bool directory, const size_totals& t) {
  const std::uint64_t n = amount(t);
  if (!options_.prints(n)) return;
  if (options_.top == 0) return print(path, directory, t);
  keep({n, added_++, path, directory, t});
}

void du_lines::keep(kept&& k) {
  if (largest_.size() == options_.top) {
    if (!(k < largest_.front())) return;
    std::pop_heap(largest_.begin(), largest_.end());
    largest_.pop_back();
  }
  largest_.push_back(std::move(k));
  std::push_heap(largest_.begin(), largest_.end());
}

void du_lines::add_total(const size_totals& t) {
  sum_ = t;
  summed_ = true;
}

void du_lines::finish() {
  std::sort_heap(largest_.begin(), largest_.end());
  if (options_.top != 0) {
    for (const kept& k : largest_) width_ = std::max(width_, options_.sizes.print(k.amount).size());
    if (summed_) width_ = std::max(width_, options_.sizes.print(amount(sum_)).size());
  }
  for (const kept& k : largest_) print(k.path, k.directory, k.totals);
  if (!summed_) return;
  if (options_.json) {
    out_.add(object(nullptr, {}, "total", sum_));
  } else {
    print("total", false, sum_);
  }
}

void du_lines::print(const std::string& path, bool directory, const size_totals& t) {
  if (options_.json) {
    out_.add(object("path", path, directory ? "directory" : "file", t));
  } else {
    std::string text = options_.sizes.print(amount(t));
    if (text.size() < width_) text.insert(0, width_ - text.size(), ' ');
    if (options_.time != size_time::none) {
      text += '\t';
      append_time(text, options_.time_format, t.newest);
    }
    text += '\t';
    text += path;
    text += options_.line_end;
    out_.add(text);
  }
  out_.lines_end();
}

std::string du_lines::object(const char* member, const std::string& path, const char* type,
                             const size_totals& t) const {
  json_line line;
  if (member != nullptr) line.add_bytes(member, path);
  line.add("type", type);
  line.add("size", amount(t));
  line.add("allocated", t.allocated);
  line.add("apparent", t.apparent);
  line.add("entries", t.entries);
  if (options_.time != size_time::none) {
    const std::string text = iso_time(t.newest);
    if (!text.empty()) line.add("time", text);
  }
  return line.take();
}

}  // namespace sluice::tool
