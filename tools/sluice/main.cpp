// `sluice COMMAND ...`: finds the command, and turns whatever goes wrong into one line.
#include <cstdio>
#include <cstring>
#include <exception>
#include <new>
#include <string>

#include "commands.hpp"
#include "report.hpp"
#include "sluice/loop.hpp"
#include "sluice/version.hpp"

namespace sluice::tool {
namespace {

constexpr char usage_text[] =
    "Usage: sluice COMMAND [OPTION]... [PATH]...\n"
    "\n"
    "Commands:\n";

constexpr char after_commands[] =
    "\n"
    "Options:\n"
    "  --help              this text; `sluice help COMMAND` tells about a command\n"
    "  --version           the version\n"
    "  --backend-report    how I/O is done on this machine, and why\n"
    "\n"
    "Environment:\n"
    "  SLUICE_BACKEND      uring, pool, or auto (io_uring if the machine allows it)\n"
    "\n"
    "Examples:\n"
    "  sluice cp -a project /backup  a faithful copy, on all cores\n"
    "  sluice du -sh /usr            how much a tree takes on the disk\n"
    "  sluice traverse a b           files and bytes in two trees together\n"
    "\n"
    "Called by the name of a command, as through a link named cp, it is that command.\n";

void print_help() {
  std::string text = usage_text;
  for (const command& c : commands) {
    text += "  ";
    text += c.name;
    text.append(20 - std::strlen(c.name), ' ');
    text += c.summary;
    text += '\n';
  }
  text += after_commands;
  std::fputs(text.c_str(), stdout);
}

const command* find(const char* name) {
  for (const command& c : commands) {
    if (std::strcmp(c.name, name) == 0) return &c;
  }
  return nullptr;
}

int unknown(const char* what, const char* name) {
  std::fprintf(stderr, "sluice: unknown %s %s\nTry 'sluice --help' for more information.\n", what,
               quoted(name).c_str());
  return 1;
}

/// With the name that messages begin with, getopt's among them.
int run(const command& c, std::string name, int argc, char** argv) {
  set_program(name.c_str());
  argv[0] = name.data();
  return c.run(argc, argv);
}

int run(const command& c, int argc, char** argv) {
  return run(c, std::string("sluice ") + c.name, argc, argv);
}

/// A link named `cp` or `du` is that command.
const command* called_as(const char* path) {
  const char* slash = std::strrchr(path, '/');
  return find(slash != nullptr ? slash + 1 : path);
}

int help(int argc, char** argv) {
  if (argc < 2) {
    print_help();
    return 0;
  }
  const command* c = find(argv[1]);
  if (c == nullptr) return unknown("command", argv[1]);
  char option[] = "--help";
  char* arguments[] = {argv[0], option, nullptr};
  return run(*c, 2, arguments);
}

int dispatch(int argc, char** argv) {
  if (argc > 0) {
    if (const command* c = called_as(argv[0])) return run(*c, c->name, argc, argv);
  }
  if (argc < 2) {
    std::fputs("sluice: missing command\nTry 'sluice --help' for more information.\n", stderr);
    return 1;
  }
  const char* first = argv[1];
  if (const command* c = find(first)) return run(*c, argc - 1, argv + 1);
  if (std::strcmp(first, "help") == 0) return help(argc - 1, argv + 1);
  if (std::strcmp(first, "--help") == 0 || std::strcmp(first, "-h") == 0) {
    print_help();
    return 0;
  }
  if (std::strcmp(first, "--version") == 0) {
    std::puts("sluice " SLUICE_VERSION);
    return 0;
  }
  if (std::strcmp(first, "--backend-report") == 0) {
    loop l;
    std::printf("%s\n", l.backend_report().c_str());
    return 0;
  }
  return unknown(first[0] == '-' ? "option" : "command", first);
}

}  // namespace
}  // namespace sluice::tool

int main(int argc, char** argv) {
  using namespace sluice::tool;
  int status = 1;
  try {
    status = dispatch(argc, argv);
  } catch (const std::bad_alloc&) {
    complain(program(), "memory exhausted");
  } catch (const std::exception& e) {
    const char* named = std::strncmp(e.what(), "sluice: ", 8) == 0 ? "" : "sluice: ";
    std::fprintf(stderr, "%s%s\n", named, e.what());
  } catch (...) {
    std::fputs("sluice: an unknown error\n", stderr);
  }
  if (!close_output(program())) status = 1;
  return status;
}
