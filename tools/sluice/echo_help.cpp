#include "echo_options.hpp"

namespace sluice::tool {

const char echo_help[] =
    "Usage: sluice echo serve [OPTION]...\n"
    "  or:  sluice echo load [OPTION]... [ADDRESS]\n"
    "A server that sends back what it receives, and a client that measures one.\n"
    "An ADDRESS is 127.0.0.1:7777 (the default), [::1]:80 or unix:/run/x.\n"
    "\n"
    "serve, until SIGINT or SIGTERM:\n"
    "      --listen=ADDRESS     this machine only unless told; port 0: any free one\n"
    "      --buffer-size=BYTES  of the buffers that connections share (4096)\n"
    "      --send-timeout=SECONDS\n"
    "                           over TCP, cut off who takes nothing for so long (30)\n"
    "load, over many connections at once:\n"
    "  -c, --connections=N      that many (16)\n"
    "  -s, --size=BYTES         of a message, up to 65536 (64)\n"
    "  -r, --rate=N             messages a second, all together; without, the next\n"
    "                           one leaves when the last one is back\n"
    "  -n, --messages=N         end after N on each connection, not by time\n"
    "  -d, --duration=SECONDS   how long (10)\n"
    "      --warmup=SECONDS     before that, and not counted (0)\n"
    "      --hold=SECONDS       leave the connections idle at the end (0)\n"
    "      --histogram          how many messages took how long, row by row\n"
    "both:\n"
    "      --json               an object a line, times in nanoseconds\n"
    "      --help               this text\n"
    "\n"
    "With a rate a message's time begins when it should have left: what waits behind\n"
    "a slow answer counts. Exit status 1 if nobody is there, or if a message\n"
    "was lost or changed.\n"
    "\n"
    "Example:\n"
    "  sluice echo serve & sluice echo load -c 256 -r 20000 -d 5\n";

}  // namespace sluice::tool
