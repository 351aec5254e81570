#include "metrics_site.hpp"

#include "http/target.hpp"
#include "http/text_out.hpp"

namespace sluice::serve {

task<void> metrics_site::answer(exchange& x) const {
  const auto target = http::resolve_target(x.head.target, x.room->path);
  if (target.status != 0 || target.path != "metrics") {
    co_await answer_status(x, target.status == 400 ? 400 : 404, http::response_head());
    co_return;
  }
  // The page is written behind where its head will be.
  constexpr std::size_t before = 2048;
  http::text_out page(x.out_room().subspan(before));
  write_metrics(page, of_);
  http::response_head head;
  head.type = http::metrics_type;
  head.length = page.size();
  const std::size_t front = x.put_head(head);
  co_await x.send_front(front, 0);
  if (!x.broken && !x.head_only()) co_await x.send_body(page.text());
}

}  // namespace sluice::serve
