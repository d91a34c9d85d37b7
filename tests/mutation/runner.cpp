// Runs all cases once as they are, then for each mutant that standard input names, in a process of
// its own that begins where the cases and their policies have been read. Says `N noticed` or
// `N survived` of each; of no mutant, which is 0, it must be the latter.
#include <gtest/gtest.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>
#include <iostream>

namespace {

int chosen = 0;
// Of a processor, however busy the machine is: a mutant that makes no end is noticed.
constexpr itimerval at_most{{}, {20, 0}};

int run(int mutant) {
  chosen = mutant;
  ::setitimer(ITIMER_PROF, &at_most, nullptr);
  return RUN_ALL_TESTS();
}

}  // namespace

bool dockgate_mutant(int number) { return number == chosen; }

int main(int count, char** arguments) {
  testing::InitGoogleTest(&count, arguments);
  const bool passes = RUN_ALL_TESTS() == 0;
  std::cout << "0 " << (passes ? "survived" : "noticed") << std::endl;
  for (int mutant = 0; std::cin >> mutant;) {
    const pid_t child = ::fork();
    if (child == 0) ::_exit(run(mutant));
    int status = 0;
    ::waitpid(child, &status, 0);
    const bool survived = WIFEXITED(status) && WEXITSTATUS(status) == 0;
    std::cout << mutant << (survived ? " survived" : " noticed") << std::endl;
  }
  return 0;
}
