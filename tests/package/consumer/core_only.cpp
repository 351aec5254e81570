#include <sluice/core/task.hpp>

int main() {}
