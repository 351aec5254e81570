// The files of a directory.
#pragma once

#include <string>

#include "body.hpp"
#include "http/mime_types.hpp"
#include "http/target.hpp"
#include "lookup.hpp"
#include "site.hpp"

namespace sluice::serve {

class file_site final : public site {
 public:
  /// The settings have to stay.
  file_site(const settings& s, dir root);

  task<void> answer(exchange& x) const override;
  std::size_t most_open() const noexcept override;

 private:
  task<void> answer_directory(exchange& x, const http::resolved_target& target) const;
  task<void> answer_file(exchange& x, const file& from, const file_status& about,
                         std::string_view path) const;
  task<void> answer_parts(exchange& x, const file& from, http::response_head& head,
                          std::span<const http::byte_range> ranges) const;
  send_way way_to(exchange& x) const noexcept;
  task<void> redirect(exchange& x, const http::resolved_target& target) const;

  const settings& settings_;
  beneath root_;
  send_way way_;
  http::mime_types types_;
  std::string boundary_;  // between the parts of an answer
};

}  // namespace sluice::serve
