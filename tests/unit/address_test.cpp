// Addresses: what is written is read again, and what is none is refused.
#include "sluice/net/address.hpp"

#include <gtest/gtest.h>
#include <sys/socket.h>

#include <cstring>
#include <string>

namespace {

using sluice::address;
using sluice::address_family;
using sluice::errc;

struct written {
  const char* text;
  address_family family;
  std::uint16_t port;
  bool loopback;
};

class Address : public testing::TestWithParam<written> {};

TEST_P(Address, IsReadAndWrittenAlike) {
  const auto [text, family, port, loopback] = GetParam();
  const auto read = address::parse(text);
  ASSERT_TRUE(read) << text;
  EXPECT_EQ(read->family(), family);
  EXPECT_EQ(read->port(), port);
  EXPECT_EQ(read->is_loopback(), loopback);
  EXPECT_EQ(read->text(), text);
  const auto again = address::from_raw(std::span(read->data(), read->size()));
  ASSERT_TRUE(again);
  EXPECT_EQ(*again, *read);
}

INSTANTIATE_TEST_SUITE_P(
    , Address,
    testing::Values(written{"127.0.0.1:80", address_family::ipv4, 80, true},
                    written{"127.255.0.1:0", address_family::ipv4, 0, true},
                    written{"192.0.2.1:65535", address_family::ipv4, 65535, false},
                    written{"0.0.0.0:1", address_family::ipv4, 1, false},
                    written{"[::1]:443", address_family::ipv6, 443, true},
                    written{"[2001:db8::7]:8080", address_family::ipv6, 8080, false},
                    written{"unix:/run/x", address_family::local, 0, true},
                    written{"unix:a:b", address_family::local, 0, true},
                    written{"unix:@abstract", address_family::local, 0, true}));

TEST(Addresses, AreRefusedWhenTheyAreNone) {
  using namespace std::string_view_literals;
  for (const auto text :
       {""sv, ":"sv, "80"sv, ":80"sv, "127.0.0.1"sv, "127.0.0.1:"sv, "127.0.0.1:65536"sv, "127.0.0.1:-1"sv,
        "127.0.0.1:+1"sv, "127.0.0.1: 1"sv, "127.0.0.1:1 "sv, "127.0.0.1:0x1"sv, "127.0.0:80"sv,
        "127.0.0.256:80"sv, "127.0.0.1\0:80"sv, "localhost:80"sv, "::1:80"sv, "[::1]"sv, "[::1]80"sv,
        "[::1:80"sv, "[]:80"sv, "[127.0.0.1]:80"sv, "[::1\0]:80"sv,
        "[0:0:0:0:0:0:0:0:0:0:0:0:0:0:0:0:0:0:0:0:0:1]:80"sv,
        "unix:"sv, "unix:/a\0b"sv, "UNIX:/a"sv}) {
    const auto read = address::parse(text);
    ASSERT_FALSE(read) << text;
    EXPECT_EQ(read.error(), errc::invalid) << text;
  }
}

TEST(Addresses, OfPathsHaveABound) {
  const std::string longest(107, 'x');
  const auto fits = address::local(longest);
  ASSERT_TRUE(fits);
  EXPECT_EQ(fits->path(), longest);
  const auto over = address::local(longest + "x");
  ASSERT_FALSE(over);
  EXPECT_EQ(over.error(), errc::name_too_long);
}

TEST(Addresses, TakeAnotherPort) {
  for (const address& from : {address::loopback(1), address::loopback6(1)}) {
    address a = from;
    a.set_port(2);
    EXPECT_EQ(a.port(), 2);
    EXPECT_NE(a, from);
    a.set_port(1);
    EXPECT_EQ(a, from);
  }
  EXPECT_NE(address::loopback(1), address::loopback6(1));
}

TEST(Addresses, OfOtherFamiliesAreNotTaken) {
  sockaddr_storage s{};
  s.ss_family = AF_PACKET;
  const auto other = address::from_raw(std::as_bytes(std::span(&s, 1)).first(20));
  ASSERT_FALSE(other);
  EXPECT_EQ(other.error(), errc::not_supported);
  const auto large = address::from_raw(std::as_bytes(std::span(&s, 1)));
  ASSERT_FALSE(large);
  EXPECT_EQ(large.error(), errc::invalid);
  const auto none = address::from_raw({});
  ASSERT_TRUE(none);
  EXPECT_EQ(none->text(), "none");
}

}  // namespace
