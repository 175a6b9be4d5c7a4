// The same operations in the same order as examples/nbody, so that the last digit agrees.
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#define N 5
#define SOLAR_MASS 39.47841760435743
#define DAYS 365.24

typedef struct { double x, y, z, vx, vy, vz, mass; } Body;

#define PLANET(x, y, z, vx, vy, vz, mass) {x, y, z, (vx) * DAYS, (vy) * DAYS, (vz) * DAYS, (mass) * SOLAR_MASS}

static Body bodies[N] = {
    {0, 0, 0, 0, 0, 0, SOLAR_MASS},
    PLANET(4.84143144246472090, -1.16032004402742839, -0.103622044471123109, 0.00166007664274403694, 0.00769901118419740425, -0.0000690460016972063023, 0.000954791938424326609),
    PLANET(8.34336671824457987, 4.12479856412430479, -0.403523417114321381, -0.00276742510726411899, 0.00499852801234917238, 0.0000230417297573763929, 0.000285885980666130812),
    PLANET(12.8943695621391310, -15.1111514016986312, -0.223307578892655734, 0.00296460137564761618, 0.00237847173959480950, -0.0000296589568540237556, 0.0000436624404335156298),
    PLANET(15.3796971148509165, -25.9193146099879641, 0.179258772950371181, 0.00268067772490389322, 0.00162824170038242295, -0.0000951592254519715870, 0.0000515138902046611451),
};

static double distance(const Body *a, const Body *b) {
  double dx = a->x - b->x, dy = a->y - b->y, dz = a->z - b->z;
  return sqrt(dx * dx + dy * dy + dz * dz);
}

static double energy(int from) {
  if (from == N) return 0.0;
  const Body *b = &bodies[from];
  double sum = 0.5 * b->mass * (b->vx * b->vx + b->vy * b->vy + b->vz * b->vz);
  for (int i = from + 1; i < N; i++) sum -= b->mass * bodies[i].mass / distance(b, &bodies[i]);
  return sum + energy(from + 1);
}

static void advance(double dt) {
  for (int i = 0; i < N; i++) {
    Body *a = &bodies[i];
    for (int j = i + 1; j < N; j++) {
      Body *b = &bodies[j];
      double dx = a->x - b->x, dy = a->y - b->y, dz = a->z - b->z;
      double squared = dx * dx + dy * dy + dz * dz;
      double strength = dt / (squared * sqrt(squared));
      a->vx -= dx * b->mass * strength;
      a->vy -= dy * b->mass * strength;
      a->vz -= dz * b->mass * strength;
      b->vx += dx * a->mass * strength;
      b->vy += dy * a->mass * strength;
      b->vz += dz * a->mass * strength;
    }
  }
  for (int i = 0; i < N; i++) {
    Body *b = &bodies[i];
    b->x += dt * b->vx;
    b->y += dt * b->vy;
    b->z += dt * b->vz;
  }
}

int main(int argc, char **argv) {
  double px = 0, py = 0, pz = 0;
  for (int i = 0; i < N; i++) {
    px += bodies[i].vx * bodies[i].mass;
    py += bodies[i].vy * bodies[i].mass;
    pz += bodies[i].vz * bodies[i].mass;
  }
  bodies[0].vx = -px / SOLAR_MASS;
  bodies[0].vy = -py / SOLAR_MASS;
  bodies[0].vz = -pz / SOLAR_MASS;
  printf("%.9f\n", energy(0));
  for (long steps = atol(argv[argc - 1]); steps > 0; steps--) advance(0.01);
  printf("%.9f\n", energy(0));
}
