#include "app/deduplicator_main.h"

int main(int argc, char** argv) { return kd::run_deduplicator(argc, argv); }
