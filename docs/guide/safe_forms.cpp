// Forms that g++ 12 compiles rightly, for the ones that it does not.
#include <sluice/sluice.hpp>

#include <cstdio>
#include <cstdlib>
#include <string>
#include <vector>

void expect(bool good, const char* what) {
  if (good) return;
  std::fprintf(stderr, "not as told: %s\n", what);
  std::exit(1);
}

struct options {
  std::string name;
  bool create = false;
};

struct entry {
  std::string name;
  std::string text;
};

sluice::task<bool> ready() { co_return true; }
sluice::task<std::string> fetch(options o) { co_return o.name + "!"; }

sluice::task<int> conditions() {
  // Await into a local; then ask.
  auto asking = ready();
  const bool go_on = co_await std::move(asking);
  if (go_on) co_return 1;
  co_return 0;
}

sluice::task<std::string> temporaries() {
  // Name the aggregate; then move it in.
  options wanted{"a", true};
  auto fetching = fetch(std::move(wanted));
  auto text = co_await std::move(fetching);
  co_return text;
}

sluice::task<std::size_t> braces() {
  // Await first; then put together.
  std::vector<entry> all;
  options wanted{"b", false};
  auto fetching = fetch(std::move(wanted));
  auto text = co_await std::move(fetching);
  all.push_back({"b", std::move(text)});
  co_return all.size();
}

sluice::task<int> add_to(int base, int n) {
  co_await sluice::yield();
  co_return base + n;
}

sluice::task<int> closures(int base) {
  // Arguments live in the coroutine's frame; captures live in the lambda.
  auto adding = [](int b, int n) -> sluice::task<int> { return add_to(b, n); };
  auto sum = adding(base, 2);
  const int result = co_await std::move(sum);
  co_return result;
}

int main() {
  sluice::loop loop;
  expect(loop.run(conditions()) == 1, "conditions");
  expect(loop.run(temporaries()) == "a!", "temporaries");
  expect(loop.run(braces()) == 1, "braces");
  expect(loop.run(closures(40)) == 42, "closures");
}
