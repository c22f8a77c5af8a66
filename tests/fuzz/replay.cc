// Runs a fuzz target over files without libFuzzer, so that its corpus is a test in every build.
//
//     replay NAME ROUNDS FOLDER
//
// Each file of FOLDER, then ROUNDS changed copies of each, then the files in $WEIR_CORPUS. TAP on
// stdout; what goes wrong ends the program, as it does under libFuzzer.

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <random>
#include <string>
#include <vector>

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size);

namespace {

using Bytes = std::vector<uint8_t>;

std::vector<std::filesystem::path> files_in(const std::string& folder) {
  std::vector<std::filesystem::path> files;
  std::error_code error;
  for (const auto& entry : std::filesystem::directory_iterator(folder, error)) {
    if (entry.is_regular_file()) files.push_back(entry.path());
  }
  std::sort(files.begin(), files.end());
  return files;
}

Bytes content_of(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

void run(const Bytes& input) {
  // A copy without spare room behind it.
  const Bytes exact(input.begin(), input.end());
  LLVMFuzzerTestOneInput(exact.data(), exact.size());
}

/// A copy that is cut, or has some bytes changed. The same every time.
Bytes changed(const Bytes& input, std::mt19937& random) {
  Bytes bytes = input;
  if (bytes.empty()) return bytes;
  if (random() % 4 == 0) bytes.resize(random() % bytes.size());
  for (uint32_t left = random() % 4; left != 0 && !bytes.empty(); --left) {
    static constexpr uint8_t kTelling[] = {0, 1, 4, 0x7f, 0x80, 0xff};
    uint8_t& byte = bytes[random() % bytes.size()];
    byte = random() % 2 == 0 ? kTelling[random() % sizeof kTelling]
                             : static_cast<uint8_t>(byte ^ (1U << random() % 8));
  }
  return bytes;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 4) {
    std::fprintf(stderr, "usage: %s NAME ROUNDS FOLDER\n", argv[0]);
    return 2;
  }
  const std::string name = argv[1];
  const int rounds = std::atoi(argv[2]);
  const auto seeds = files_in(argv[3]);
  std::printf("1..3\n");
  std::fflush(stdout);
  for (const auto& path : seeds) run(content_of(path));
  std::printf("%sok 1 - %s: %zu files of the corpus\n", seeds.empty() ? "not " : "", name.c_str(),
              seeds.size());
  std::fflush(stdout);
  std::mt19937 random(1);
  for (const auto& path : seeds) {
    const Bytes content = content_of(path);
    for (int round = 0; round < rounds; ++round) run(changed(content, random));
  }
  std::printf("ok 2 - %s: %d changed copies of each\n", name.c_str(), rounds);
  const char* folder = std::getenv("WEIR_CORPUS");
  if (folder == nullptr || *folder == '\0') {
    std::printf("ok 3 - %s: captures # SKIP WEIR_CORPUS is not set\n", name.c_str());
    return 0;
  }
  std::fflush(stdout);
  const auto captures = files_in(folder);
  for (const auto& path : captures) run(content_of(path));
  std::printf("%sok 3 - %s: %zu captures of WEIR_CORPUS\n", captures.empty() ? "not " : "",
              name.c_str(), captures.size());
  return seeds.empty() || captures.empty() ? 1 : 0;
}
