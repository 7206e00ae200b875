#include "app/gatherer_main.h"

int main(int argc, char** argv) { return kd::run_gatherer(argc, argv); }
