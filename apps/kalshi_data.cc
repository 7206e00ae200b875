#include "app/cli.h"

int main(int argc, char** argv) { return kd::run_kalshi_data(argc, argv); }
