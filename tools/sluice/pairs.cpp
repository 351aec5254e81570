#include "pairs.hpp"

namespace sluice::tool {

void pair_table::add(const char* one, const std::string& other) {
  constexpr std::size_t column = 20, columns = 79;
  if (one != first_) {
    if (first_ != nullptr) text_ += '\n';
    begin_ = text_.size();
    first_ = one;
    text_ += std::string("  ") + one;
    text_.append(column - (text_.size() - begin_), ' ');
  } else if (text_.size() - begin_ + 2 + other.size() > columns) {
    text_ += ",\n";
    begin_ = text_.size();
    text_.append(column, ' ');
  } else {
    text_ += ", ";
  }
  text_ += other;
}

std::string pair_table::take() { return std::move(text_) + '\n'; }

}  // namespace sluice::tool
