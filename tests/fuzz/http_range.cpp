// Ranges lie within the file, apart from each other, and are not more than sixteen.
#include <string_view>
#include <vector>

#include "fuzz/target.hpp"
#include "http/range.hpp"
#include "http/text_out.hpp"

namespace {

using namespace sluice::http;

void check(const byte_ranges& asked, std::uint64_t size) {
  const auto list = asked.list();
  HOLDS((asked.what() == byte_ranges::kind::partial) == !list.empty());
  HOLDS(list.size() <= byte_ranges::most);
  std::uint64_t all = 0;
  for (std::size_t i = 0; i < list.size(); ++i) {
    HOLDS(list[i].size > 0 && list[i].first < size && list[i].size <= size - list[i].first);
    all += list[i].size;
    for (std::size_t k = 0; k < i; ++k) {
      HOLDS(list[i].first > list[k].first + list[k].size ||
            list[k].first > list[i].first + list[i].size);
    }
  }
  HOLDS(all <= size);
  if (list.empty()) return;
  const multipart_frame frame("boundary", "text/plain", size);
  std::vector<char> room(4096);
  text_out out(room);
  for (const byte_range& r : list)
    frame.put_head(out, r);
  frame.put_end(out);
  HOLDS(!out.full() && frame.length(list) == out.size() + all);
}

}  // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view value(reinterpret_cast<const char*>(data), size);
  for (const std::uint64_t file :
       {std::uint64_t{0}, std::uint64_t{1}, std::uint64_t{1000}, std::uint64_t{INT64_MAX}}) {
    check(byte_ranges::parse(value, file), file);
  }
  return 0;
}
