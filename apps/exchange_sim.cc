#include "app/sim_app.h"

int main(int argc, char** argv) { return kd::run_exchange_sim(argc, argv); }
