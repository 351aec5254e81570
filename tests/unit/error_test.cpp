#include <cerrno>
#include <cstdlib>
#include <stdexcept>
#include <string>
#include <string_view>
#include <type_traits>

#include "unit/support.hpp"

namespace {

using namespace unit;
using sluice::error;
using sluice::path_ref;

error from_errno(int e) { return error(e, sluice::system_domain); }

TEST(Error, IsSmallAndFalseWhenThereIsNone) {
  static_assert(std::is_trivially_copyable_v<error>);
  EXPECT_FALSE(error());
  EXPECT_FALSE(error(errc::none));
  EXPECT_EQ(error(), errc::none);
  EXPECT_TRUE(error(errc::io));
}

TEST(Error, ComparesAcrossDomains) {
  EXPECT_EQ(from_errno(ENOENT), errc::not_found);
  EXPECT_EQ(error(errc::not_found), errc::not_found);
  EXPECT_NE(from_errno(ENOENT), error(errc::not_found)) << "the same meaning, not the same error";
  EXPECT_EQ(from_errno(ENOENT), from_errno(ENOENT));
  EXPECT_EQ(from_errno(EACCES), errc::permission_denied);
  EXPECT_EQ(from_errno(EPERM), errc::permission_denied);
  EXPECT_EQ(from_errno(ECANCELED), errc::canceled);
  EXPECT_EQ(from_errno(99999), errc::other);
  EXPECT_EQ(from_errno(EXDEV).code, EXDEV) << "the system's number is kept";
}

TEST(Error, IsDescribed) {
  EXPECT_EQ(describe(error()), "Success");
  EXPECT_EQ(describe(from_errno(ENOENT)), "No such file or directory");
  EXPECT_EQ(describe(from_errno(ENOENT), "open", "a/b"), "open a/b: No such file or directory");
  EXPECT_EQ(describe(error(errc::timed_out)), "Deadline passed");
  EXPECT_EQ(describe(from_errno(99999)), "Unknown error");
  for (int c = 0; c <= static_cast<int>(errc::other); ++c) {
    EXPECT_FALSE(describe(error(c, sluice::core_domain)).empty());
  }
}

TEST(Error, ATextIsCutToItsRoom) {
  char text[8];
  sluice::system_domain.message(ENOENT, text, sizeof text);
  EXPECT_STREQ(text, "No such");
  text[0] = 'x';
  sluice::system_domain.message(ENOENT, text, 0);
  EXPECT_EQ(text[0], 'x');
  sluice::core_domain.message(static_cast<int>(errc::io), text, 1);
  EXPECT_STREQ(text, "");
}

TEST(PathRef, IsMadeOfWhatHasATerminator) {
  static_assert(std::is_convertible_v<const char*, path_ref>);
  static_assert(std::is_convertible_v<std::string, path_ref>);
  static_assert(!std::is_convertible_v<std::string_view, path_ref>);
  const std::string s = "a/b";
  const path_ref p = s;
  EXPECT_EQ(p.c_str(), s.c_str());
  EXPECT_EQ(p.size(), 3u);
  EXPECT_EQ(path_ref("xy").size(), 2u);
  EXPECT_TRUE(path_ref().empty());
  EXPECT_STREQ(path_ref().c_str(), "");
}

class Environment : public testing::Test {
 protected:
  void SetUp() override {
    if (const char* v = std::getenv("SLUICE_BACKEND")) before_ = v;
  }
  void TearDown() override { set(before_.c_str()); }
  static void set(const char* value) {
    if (*value == '\0') {
      ::unsetenv("SLUICE_BACKEND");
    } else {
      ::setenv("SLUICE_BACKEND", value, 1);
    }
  }

 private:
  std::string before_;
};

sluice::loop_options asking_for(sluice::backend_choice b) {
  sluice::loop_options o;
  o.backend = b;
  return o;
}

TEST_F(Environment, TheReportSaysWhichBackendAndWhy) {
  set("");
  loop pool(asking_for(sluice::backend_choice::pool));
  EXPECT_EQ(pool.backend_report(), "pool: chosen by loop_options");
  loop best;
  const std::string report = best.backend_report();
  EXPECT_TRUE(report.starts_with("io_uring: ") || report.starts_with("epoll: ")) << report;
  EXPECT_EQ(report.find('\n'), std::string::npos);
}

TEST_F(Environment, TheVariableOverrides) {
  set("pool");
  loop l(asking_for(sluice::backend_choice::automatic));
  EXPECT_EQ(l.backend_report(), "pool: chosen by SLUICE_BACKEND");
  set("epoll");
  loop e(asking_for(sluice::backend_choice::pool));
  EXPECT_EQ(e.backend_report(), "epoll: chosen by SLUICE_BACKEND");
  set("auto");
  loop a(asking_for(sluice::backend_choice::pool));
  EXPECT_NE(a.backend_report(), "pool: chosen by loop_options");
}

TEST_F(Environment, NonsenseIsRefusedWithWords) {
  set("nonsense");
  try {
    loop l;
    FAIL() << l.backend_report();
  } catch (const std::invalid_argument& e) {
    EXPECT_STREQ(e.what(), "SLUICE_BACKEND: unknown backend 'nonsense' (uring, epoll, pool or auto)");
  }
}

}  // namespace
