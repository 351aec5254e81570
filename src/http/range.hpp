// Parts of a file that a request asks for, and how several of them are sent.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

namespace sluice::inline v0::http {

class text_out;

/// `size` bytes, at least one, from `first` on.
struct byte_range {
  std::uint64_t first = 0;
  std::uint64_t size = 0;
  bool operator==(const byte_range&) const = default;
};

class byte_ranges {
 public:
  static constexpr std::size_t most = 16;
  enum class kind : std::uint8_t {
    whole,         // there is nothing to heed: all of the file, 200
    partial,       // 206: one range as it is, several as multipart/byteranges
    unsatisfiable  // 416, with Content-Range: bytes */size
  };

  /// What `value`, of a Range field, asks for of a file of `size` bytes. To be ignored, as the standard
  /// has it, are another unit and what is no list of ranges; ignored as well are more than 16 ranges, and
  /// a suffix of an empty file, which has no bytes to name. Ranges that overlap or touch become one, so
  /// no byte is sent twice; the order is otherwise the client's.
  static byte_ranges parse(std::string_view value, std::uint64_t size) noexcept;

  kind what() const noexcept { return kind_; }
  std::span<const byte_range> list() const noexcept { return {ranges_.data(), count_}; }

 private:
  void add(byte_range one) noexcept;

  kind kind_ = kind::whole;
  std::size_t count_ = 0;
  std::array<byte_range, most> ranges_;
};

/// "bytes 0-99/1000"
void put_content_range(text_out& out, const byte_range& one, std::uint64_t size) noexcept;
/// "bytes */1000"
void put_unsatisfied_range(text_out& out, std::uint64_t size) noexcept;

/// The frame of a multipart/byteranges body: the bytes of each range follow its head, and the end follows
/// the last one. Views are kept: `boundary`, 1 to 70 letters and digits that the file should not hold, so
/// best chosen by lot once at the start, and the type of the file.
class multipart_frame {
 public:
  static constexpr std::size_t most_boundary = 70;

  multipart_frame(std::string_view boundary, std::string_view type, std::uint64_t size) noexcept
      : boundary_(boundary), type_(type), size_(size) {}

  /// The field Content-Type of the response.
  void put_type(text_out& out) const noexcept;
  void put_head(text_out& out, const byte_range& one) const noexcept;
  void put_end(text_out& out) const noexcept;
  /// Bytes of the whole body: ranges, their heads and the end.
  std::uint64_t length(std::span<const byte_range> ranges) const noexcept;

 private:
  std::string_view boundary_;
  std::string_view type_;
  std::uint64_t size_;
};

}  // namespace sluice::inline v0::http
