"""A small network that learns to read images, and how many it reads.

network.py train FOLDER MODEL [CPU_SECONDS]   learns from the images of FOLDER for so much CPU time (default 100)
network.py test MODEL FOLDER...               reads the images of each folder
"""

import os
import sys
import time

import numpy as np
import torch
from torch import nn

from images import load, report

SYMBOLS = "23456789CFHKMNPRTVX"  # Those of both alphabets; class 0 is CTC's blank.


class Reader(nn.Module):
    """Convolutions down to 30 columns, each of which names a symbol or none. About 0.3 million weights."""

    def __init__(self):
        super().__init__()

        def layer(before, after, pool):
            return [nn.Conv2d(before, after, 3, padding=1), nn.BatchNorm2d(after), nn.ReLU(), nn.MaxPool2d(pool)]

        self.look = nn.Sequential(*layer(1, 16, 2), *layer(16, 32, 2), *layer(32, 64, (2, 1)), *layer(64, 96, (2, 1)))
        self.read = nn.Sequential(
            nn.Conv1d(192, 128, 5, padding=2), nn.BatchNorm1d(128), nn.ReLU(), nn.Conv1d(128, len(SYMBOLS) + 1, 1)
        )

    def forward(self, ink):
        seen = self.look(ink)
        return self.read(seen.flatten(1, 2)).permute(2, 0, 1).log_softmax(2)


def prepare(ink):
    """Half size, as shares of ink: enough to read by, and four times as fast."""
    half = torch.from_numpy(ink.reshape(len(ink), 45, 2, 120, 2).mean((2, 4))).unsqueeze(1)
    return half.to(memory_format=torch.channels_last)


def read(model, ink):
    guesses = []
    with torch.no_grad():
        for part in ink.split(100):
            for columns in model(part).argmax(2).T.tolist():
                new = [now for before, now in zip([0] + columns, columns) if now not in (0, before)]
                guesses.append("".join(SYMBOLS[symbol - 1] for symbol in new))
    return guesses


def train(folder, path, cpu_seconds):
    ink, answers = load(folder)
    ink = prepare(ink)
    targets = [torch.tensor([SYMBOLS.index(symbol) + 1 for symbol in answer]) for answer in answers]
    learn = len(answers) - 300
    model, loss = Reader().to(memory_format=torch.channels_last), nn.CTCLoss(zero_infinity=True)
    optimizer = torch.optim.AdamW(model.parameters(), lr=2e-3, weight_decay=1e-3)
    began, wall = time.process_time(), time.time()
    epoch = 0
    while (spent := time.process_time() - began) < cpu_seconds:
        model.train()
        for batch in torch.randperm(learn).split(64):
            # Falls to a twentieth with the time that is left.
            spent = time.process_time() - began
            if spent >= cpu_seconds:
                break
            optimizer.param_groups[0]["lr"] = 3e-3 * (1 - 0.95 * spent / cpu_seconds)
            told = model(ink[batch])
            wanted = [targets[n] for n in batch]
            lengths = torch.tensor([len(target) for target in wanted])
            error = loss(told, torch.cat(wanted), torch.full((len(batch),), told.shape[0]), lengths)
            optimizer.zero_grad()
            error.backward()
            optimizer.step()
        epoch += 1
        model.eval()
        report(f"epoch {epoch}, {time.process_time() - began:.0f} CPU s", folder, read(model, ink[learn:]), answers[learn:])
    load_average = os.getloadavg()[1]
    print(f"learnt {learn} images in {time.process_time() - began:.0f} CPU s, {time.time() - wall:.0f} s by the wall, load {load_average:.1f}")
    torch.save(model.state_dict(), path)


def test(path, folders):
    model = Reader()
    model.load_state_dict(torch.load(path, weights_only=True))
    model.eval()
    for folder in folders:
        ink, answers = load(folder)
        report(f"network {os.path.basename(path)}", folder, read(model, prepare(ink)), answers)


if __name__ == "__main__":
    torch.manual_seed(1)
    np.random.seed(1)
    torch.set_num_threads(1)  # A second one mostly waits, and its waiting counts.
    if sys.argv[1:2] == ["train"] and len(sys.argv) >= 4:
        train(sys.argv[2], sys.argv[3], float(sys.argv[4]) if len(sys.argv) > 4 else 100.0)
    elif sys.argv[1:2] == ["test"] and len(sys.argv) >= 4:
        test(sys.argv[2], sys.argv[3:])
    else:
        sys.exit(__doc__)
