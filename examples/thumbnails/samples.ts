// Pictures for whoever has none at hand: berries on a leaf, each with its number.

const [WIDTH, HEIGHT] = [1600, 1200];

export function samples(count: number): Promise<File[]> {
  return Promise.all(Array.from({ length: count }, (_, index) => sample(index + 1)));
}

async function sample(number: number): Promise<File> {
  const name = `berry-${String(number).padStart(2, "0")}.jpg`;
  return new File([await drawn(number)], name, { type: "image/jpeg" });
}

function drawn(number: number): Promise<Blob> {
  const canvas = Object.assign(document.createElement("canvas"), { width: WIDTH, height: HEIGHT });
  const pen = canvas.getContext("2d")!;
  const hue = (number * 47) % 360;
  pen.fillStyle = `hsl(${hue} 45% 88%)`;
  pen.fillRect(0, 0, WIDTH, HEIGHT);
  for (let berry = 0; berry < 12; berry++) drawBerry(pen, hue + berry * 4, number + berry * 3);
  pen.font = "bold 300px system-ui";
  pen.fillStyle = "white";
  pen.textAlign = "center";
  pen.fillText(String(number), WIDTH / 2, HEIGHT / 2 + 110);
  return new Promise((resolve) => canvas.toBlob((blob) => resolve(blob!), "image/jpeg", 0.8));
}

function drawBerry(pen: CanvasRenderingContext2D, hue: number, seed: number): void {
  const radius = 130 + ((seed * 53) % 90);
  const [x, y] = [(seed * 397) % WIDTH, (seed * 263) % HEIGHT];
  const shade = pen.createRadialGradient(x - radius / 3, y - radius / 3, radius / 8, x, y, radius);
  shade.addColorStop(0, `hsl(${hue} 80% 72%)`);
  shade.addColorStop(1, `hsl(${hue} 65% 38%)`);
  pen.fillStyle = shade;
  pen.beginPath();
  pen.arc(x, y, radius, 0, 2 * Math.PI);
  pen.fill();
}
