#include <sluice/loop.hpp>

#include <iostream>

int main() {
  sluice::loop loop;
  std::cout << loop.backend_report() << '\n';
}
