#include "nacre/core/safetensors.hpp"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstring>
#include <fstream>

#include "nacre/core/error.hpp"
#include "nacre/core/text.hpp"
#include "nacre/core/value.hpp"

namespace nacre {
namespace {

constexpr std::uint64_t largest_header = 16u << 20;

std::uint64_t little_endian(char const* bytes, int count) {
  std::uint64_t value = 0;
  for (int k = count - 1; k >= 0; --k) value = value << 8 | static_cast<unsigned char>(bytes[k]);
  return value;
}

std::size_t size_of_type(std::string const& type) {
  if (type == "F64" || type == "I64" || type == "U64") return 8;
  if (type == "F32" || type == "I32" || type == "U32") return 4;
  if (type == "F16" || type == "BF16" || type == "I16" || type == "U16") return 2;
  if (type == "I8" || type == "U8" || type == "BOOL" || type == "F8_E4M3" || type == "F8_E5M2") return 1;
  return 0;
}

/// Deepest nesting of brackets outside of texts: a header needs three levels, and thousands would exhaust the stack.
int nesting(std::string_view json) {
  int depth = 0, deepest = 0;
  bool in_text = false;
  for (std::size_t k = 0; k < json.size(); ++k) {
    if (in_text) {
      if (json[k] == '\\') ++k;
      else if (json[k] == '"') in_text = false;
      continue;
    }
    if (json[k] == '"') in_text = true;
    if (json[k] == '{' || json[k] == '[') deepest = std::max(deepest, ++depth);
    if (json[k] == '}' || json[k] == ']') --depth;
  }
  return deepest;
}

/// IEEE half precision.
double half(std::uint16_t bits) {
  int const exponent = bits >> 10 & 31, fraction = bits & 1023;
  double const magnitude = exponent == 0    ? std::ldexp(fraction, -24)
                           : exponent == 31 ? (fraction == 0 ? INFINITY : NAN)
                                            : std::ldexp(1024 + fraction, exponent - 25);
  return bits >> 15 ? -magnitude : magnitude;
}

double number_at(std::string const& type, char const* bytes) {
  if (type == "F64") return std::bit_cast<double>(little_endian(bytes, 8));
  auto const low = static_cast<std::uint32_t>(little_endian(bytes, type == "F32" ? 4 : 2));
  if (type == "F32") return std::bit_cast<float>(low);
  return type == "BF16" ? static_cast<double>(std::bit_cast<float>(low << 16)) : half(static_cast<std::uint16_t>(low));
}

std::string in_words(std::vector<std::int64_t> const& shape) {
  std::vector<std::string> parts;
  for (auto const n : shape) parts.push_back(std::to_string(n));
  return concat('[', join(parts, ", "), ']');
}

}  // namespace

bool Safetensors::looks_like_one(std::string_view first_bytes) {
  if (first_bytes.size() < 9 || first_bytes[8] != '{') return false;
  auto const length = little_endian(first_bytes.data(), 8);
  return length >= 2 && length <= largest_header;
}

Safetensors::Safetensors(std::filesystem::path const& path) : path_(path.string()) {
  std::error_code failed;
  require(std::filesystem::is_regular_file(path, failed), "no such file '", path_, "' (a safetensors file)");
  std::ifstream in(path, std::ios::binary);
  std::string const content{std::istreambuf_iterator<char>(in), {}};
  if (!in && !in.eof()) throw Error(concat("cannot read '", path_, "'"));
  require(content.size() >= 10 && content[8] == '{', "cannot read '", path_,
          "' (no safetensors file: it does not begin with a header)");
  auto const length = little_endian(content.data(), 8);
  require(length <= largest_header && length <= content.size() - 8, "cannot read '", path_, "' (its header of ", length,
          " bytes does not fit: the file has ", content.size(), " bytes; it is cut short or damaged)");
  auto const header = std::string_view(content).substr(8, length);
  require(nesting(header) <= 8, "cannot read '", path_, "' (its header is nested too deeply)");
  data_ = content.substr(8 + length);
  try {
    read_header(header, data_.size());
  } catch (InputError const& error) {
    std::string const message = error.what();
    if (message.find(path_) != std::string::npos) throw;
    input_error("cannot read '", path_, "' (its header: ", message, ")");
  }
}

void Safetensors::read_header(std::string_view header, std::size_t data_bytes) {
  auto const root = Value::parse_json(header, path_);
  require(root.is_object(), "cannot read '", path_, "' (its header is no JSON object)");
  std::vector<std::pair<std::size_t, std::size_t>> ranges;
  for (auto const& [name, entry] : root.as_object()) {
    if (name == "__metadata__") {
      for (auto const& [key, text] : entry.as_object()) metadata_[key] = text.as_string();
      continue;
    }
    Array array;
    array.type = entry.at("dtype").as_string();
    auto const size = static_cast<std::int64_t>(size_of_type(array.type));
    require(size > 0, "cannot read '", path_, "' (array '", name, "' has the unknown type '", array.type, "')");
    std::int64_t bytes = size;
    for (auto const& item : entry.at("shape").as_array()) {
      array.shape.push_back(item.as_integer());
      require(array.shape.back() >= 0 && !__builtin_mul_overflow(bytes, array.shape.back(), &bytes), "cannot read '",
              path_, "' (array '", name, "' has an impossible shape)");
    }
    auto const& offsets = entry.at("data_offsets").as_array();
    require(offsets.size() == 2, "cannot read '", path_, "' (array '", name, "' needs two data_offsets)");
    auto const begin = offsets[0].as_integer(), end = offsets[1].as_integer();
    require(begin >= 0 && end >= begin && static_cast<std::uint64_t>(end) <= data_bytes && end - begin == bytes,
            "cannot read '", path_, "' (array '", name, "' of shape ", in_words(array.shape), " lies at bytes ", begin,
            " to ", end, " of ", data_bytes, "; the file is cut short or damaged)");
    array.begin = static_cast<std::size_t>(begin);
    array.end = static_cast<std::size_t>(end);
    if (end > begin) ranges.emplace_back(array.begin, array.end);
    require(arrays_.emplace(name, std::move(array)).second, "cannot read '", path_, "' (array '", name, "' twice)");
  }
  std::ranges::sort(ranges);
  for (std::size_t k = 1; k < ranges.size(); ++k)
    require(ranges[k].first >= ranges[k - 1].second, "cannot read '", path_, "' (two arrays share the same bytes)");
}

std::string const& Safetensors::text(std::string const& key) const {
  auto const found = metadata_.find(key);
  require(found != metadata_.end(), "cannot use '", path_, "' (its metadata have no '", key, "')");
  return found->second;
}

std::vector<std::string> Safetensors::names() const {
  std::vector<std::string> names;
  for (auto const& [name, array] : arrays_) names.push_back(name);
  return names;
}

Safetensors::Array const& Safetensors::array(std::string const& name) const {
  auto const found = arrays_.find(name);
  require(found != arrays_.end(), "cannot use '", path_, "' (it has no array '", name, "')");
  return found->second;
}

std::string const& Safetensors::type(std::string const& name) const { return array(name).type; }

std::vector<std::int64_t> const& Safetensors::shape(std::string const& name) const { return array(name).shape; }

std::vector<double> Safetensors::numbers(std::string const& name, std::vector<std::int64_t> const& shape) const {
  auto const& found = array(name);
  require(found.shape == shape, "cannot use '", path_, "' (array '", name, "' has the shape ", in_words(found.shape),
          ", not ", in_words(shape), ")");
  auto const& type = found.type;
  require(type == "F32" || type == "F64" || type == "F16" || type == "BF16", "cannot use '", path_, "' (array '", name,
          "' of type '", type, "' holds no real numbers)");
  auto const size = size_of_type(type);
  std::vector<double> values((found.end - found.begin) / size);
  for (std::size_t k = 0; k < values.size(); ++k) {
    values[k] = number_at(type, data_.data() + found.begin + k * size);
    require(std::isfinite(values[k]), "cannot use '", path_, "' (array '", name, "' has a number that is not finite)");
  }
  return values;
}

}  // namespace nacre
