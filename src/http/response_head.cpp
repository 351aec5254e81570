#include "http/response_head.hpp"

#include "http/text_out.hpp"

namespace sluice::inline v0::http {

namespace {

void field(text_out& out, std::string_view name, std::string_view value) noexcept {
  if (!value.empty()) out.put(name).put(value).put("\r\n");
}

void put_framing(text_out& out, const response_head& head) noexcept {
  switch (head.body) {
    case framing::sized: out.put("Content-Length: ").number(head.length).put("\r\n"); return;
    case framing::chunked: out.put("Transfer-Encoding: chunked\r\n"); return;
    case framing::none: case framing::closing: return;
  }
}

void put_ranges(text_out& out, const response_head& head) noexcept {
  if (head.parts != nullptr) {
    out.put("Content-Type: ");
    head.parts->put_type(out);
    out.put("\r\n");
  } else if (head.range != nullptr) {
    out.put("Content-Range: ");
    put_content_range(out, *head.range, head.file_size);
    out.put("\r\n");
  } else if (head.status == 416) {
    out.put("Content-Range: ");
    put_unsatisfied_range(out, head.file_size);
    out.put("\r\n");
  }
}

}  // namespace

std::string_view reason(int status) noexcept {
  switch (status) {
    case 100: return "Continue";
    case 200: return "OK";
    case 206: return "Partial Content";
    case 301: return "Moved Permanently";
    case 304: return "Not Modified";
    case 400: return "Bad Request";
    case 403: return "Forbidden";
    case 404: return "Not Found";
    case 405: return "Method Not Allowed";
    case 408: return "Request Timeout";
    case 412: return "Precondition Failed";
    case 413: return "Content Too Large";
    case 414: return "URI Too Long";
    case 416: return "Range Not Satisfiable";
    case 417: return "Expectation Failed";
    case 431: return "Request Header Fields Too Large";
    case 500: return "Internal Server Error";
    case 501: return "Not Implemented";
    case 503: return "Service Unavailable";
    case 505: return "HTTP Version Not Supported";
    default: return status < 400 ? "OK" : status < 500 ? "Bad Request" : "Internal Server Error";
  }
}

std::size_t write_head(std::span<char> room, const response_head& head) noexcept {
  text_out out(room);
  if (head.status == 200) {
    out.put("HTTP/1.1 200 OK\r\n");
  } else {
    out.put("HTTP/1.1 ").number(head.status).put(' ').put(reason(head.status)).put("\r\n");
  }
  field(out, "Server: ", head.server);
  field(out, "Date: ", head.date);
  if (head.parts == nullptr) field(out, "Content-Type: ", head.type);
  put_framing(out, head);
  field(out, "Last-Modified: ", head.last_modified);
  field(out, "ETag: ", head.tag);
  if (head.accepts_ranges) out.put("Accept-Ranges: bytes\r\n");
  put_ranges(out, head);
  field(out, "Location: ", head.location);
  field(out, "Allow: ", head.allow);
  field(out, "Content-Security-Policy: ", head.policy);
  if (head.close) {
    out.put("Connection: close\r\n");
  } else if (head.tell_keep_alive) {
    out.put("Connection: keep-alive\r\n");
  }
  out.put("\r\n");
  return out.full() ? 0 : out.size();
}

std::size_t write_status_page(std::span<char> room, int status) noexcept {
  text_out out(room);
  const auto number = static_cast<std::uint64_t>(status);
  out.put("<!doctype html><html lang=\"en\"><meta name=\"color-scheme\" content=\"light dark\"><title>");
  out.number(number).put(' ').put(reason(status)).put("</title><h1>");
  out.number(number).put(' ').put(reason(status)).put("</h1></html>\n");
  return out.full() ? 0 : out.size();
}

}  // namespace sluice::inline v0::http
