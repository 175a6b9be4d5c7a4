// The same operations in the same order as examples/nbody, so that the last digit agrees.
package main

import (
	"fmt"
	"math"
	"os"
	"strconv"
)

const solarMass = 39.47841760435743
const days = 365.24

type Body struct{ x, y, z, vx, vy, vz, mass float64 }

func planet(x, y, z, vx, vy, vz, mass float64) Body {
	return Body{x, y, z, vx * days, vy * days, vz * days, mass * solarMass}
}

func distance(a, b *Body) float64 {
	dx, dy, dz := a.x-b.x, a.y-b.y, a.z-b.z
	return math.Sqrt(dx*dx + dy*dy + dz*dz)
}

func energy(bodies []Body) float64 {
	if len(bodies) == 0 {
		return 0
	}
	b := &bodies[0]
	sum := 0.5 * b.mass * (b.vx*b.vx + b.vy*b.vy + b.vz*b.vz)
	for i := range bodies[1:] {
		other := &bodies[i+1]
		sum -= b.mass * other.mass / distance(b, other)
	}
	return sum + energy(bodies[1:])
}

func advance(bodies []Body, dt float64) {
	for i := range bodies {
		a := &bodies[i]
		for j := i + 1; j < len(bodies); j++ {
			b := &bodies[j]
			dx, dy, dz := a.x-b.x, a.y-b.y, a.z-b.z
			squared := dx*dx + dy*dy + dz*dz
			strength := dt / (squared * math.Sqrt(squared))
			a.vx -= dx * b.mass * strength
			a.vy -= dy * b.mass * strength
			a.vz -= dz * b.mass * strength
			b.vx += dx * a.mass * strength
			b.vy += dy * a.mass * strength
			b.vz += dz * a.mass * strength
		}
	}
	for i := range bodies {
		b := &bodies[i]
		b.x += dt * b.vx
		b.y += dt * b.vy
		b.z += dt * b.vz
	}
}

func main() {
	bodies := []Body{
		{mass: solarMass},
		planet(4.84143144246472090, -1.16032004402742839, -0.103622044471123109, 0.00166007664274403694, 0.00769901118419740425, -0.0000690460016972063023, 0.000954791938424326609),
		planet(8.34336671824457987, 4.12479856412430479, -0.403523417114321381, -0.00276742510726411899, 0.00499852801234917238, 0.0000230417297573763929, 0.000285885980666130812),
		planet(12.8943695621391310, -15.1111514016986312, -0.223307578892655734, 0.00296460137564761618, 0.00237847173959480950, -0.0000296589568540237556, 0.0000436624404335156298),
		planet(15.3796971148509165, -25.9193146099879641, 0.179258772950371181, 0.00268067772490389322, 0.00162824170038242295, -0.0000951592254519715870, 0.0000515138902046611451),
	}
	var px, py, pz float64
	for _, b := range bodies {
		px += b.vx * b.mass
		py += b.vy * b.mass
		pz += b.vz * b.mass
	}
	bodies[0].vx, bodies[0].vy, bodies[0].vz = -px/solarMass, -py/solarMass, -pz/solarMass
	fmt.Printf("%.9f\n", energy(bodies))
	steps, _ := strconv.Atoi(os.Args[1])
	for ; steps > 0; steps-- {
		advance(bodies, 0.01)
	}
	fmt.Printf("%.9f\n", energy(bodies))
}
