// The subcommands: each is a main of its own, and gets "sluice NAME" as argv[0].
#pragma once

namespace sluice::tool {

int traverse_main(int argc, char** argv);
int du_main(int argc, char** argv);
int cp_main(int argc, char** argv);
int echo_main(int argc, char** argv);
int serve_main(int argc, char** argv);

struct command {
  const char* name;
  const char* summary;  // one line
  int (*run)(int argc, char** argv);
};

inline constexpr command commands[] = {
    {"cp", "copy files and trees, with GNU cp's options", cp_main},
    {"traverse", "count files and bytes in trees", traverse_main},
    {"du", "disk usage of trees, with GNU du's options", du_main},
    {"echo", "a server that sends back what it gets, and a load for such", echo_main},
    {"serve", "servers: `serve http DIR` for files", serve_main},
};

}  // namespace sluice::tool
