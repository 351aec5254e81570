#include "backend/uring/short_names.hpp"

#include <gtest/gtest.h>

#include <cstdint>
#include <string>
#include <vector>

namespace {

using sluice::short_names;

constexpr std::size_t page = 4096;

const char* name_in(const io_uring_sqe& e) { return reinterpret_cast<const char*>(e.addr); }

struct queue {
  explicit queue(std::size_t entries) : sqes(entries) {}
  void ask(std::size_t index, const std::string& name) {
    io_uring_prep_statx(&sqes[index], 3, name.c_str(), 0, 0, nullptr);
    names.move(sqes[index], sqes.data(), sqes.size());
  }
  std::vector<io_uring_sqe> sqes;
  short_names names;
};

TEST(ShortNames, LieAtTheEndsOfPages) {
  for (const std::size_t entries : {1u, 7u, 64u, 256u}) {
    queue q(entries);
    std::vector<std::string> names;
    for (std::size_t i = 0; i < entries; ++i) {
      names.push_back(std::string(i % short_names::longest, static_cast<char>('a' + i % 26)));
    }
    for (std::size_t i = 0; i < entries; ++i) q.ask(i, names[i]);
    for (std::size_t i = 0; i < entries; ++i) {
      EXPECT_NE(name_in(q.sqes[i]), names[i].c_str()) << "it was moved";
      EXPECT_EQ(name_in(q.sqes[i]), names[i]) << "and none wrote over another";
      EXPECT_GE(q.sqes[i].addr % page, page - 8 * short_names::longest);
    }
  }
}

TEST(ShortNames, LongOnesStay) {
  queue q(8);
  const std::string fits(short_names::longest - 1, 'x'), does_not(short_names::longest, 'x');
  q.ask(0, fits);
  q.ask(1, does_not);
  EXPECT_NE(name_in(q.sqes[0]), fits.c_str());
  EXPECT_EQ(name_in(q.sqes[1]), does_not.c_str());
}

TEST(ShortNames, OnlyWhatIsAName) {
  queue q(8);
  char bytes[8] = "text";
  io_uring_prep_write(q.sqes.data(), 3, bytes, sizeof bytes, 0);
  q.names.move(q.sqes[0], q.sqes.data(), q.sqes.size());
  EXPECT_EQ(name_in(q.sqes[0]), bytes);
}

}  // namespace
