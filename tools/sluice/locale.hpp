// The user's language and characters.
#pragma once

struct option;

namespace sluice::tool {

/// From here on the C library speaks the user's language. Call it before whatever depends on that: what
/// characters are, the system's words, how numbers and times are written. Loading a locale takes as long
/// as the rest of a small command, and most commands say nothing. Any thread.
void use_locale();

/// getopt_long, whose complaints are in the user's language.
int next_option(int argc, char** argv, const char* letters, const option* names, int* index = nullptr);

}  // namespace sluice::tool
