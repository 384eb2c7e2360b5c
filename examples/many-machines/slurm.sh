#!/bin/bash
# Depth of a folder of millions of pictures as a Slurm array: each task takes its part, told by the pictures' paths.
# A task that was stopped goes on where it was: submit it again.
#   sbatch --array=1-64 slurm.sh PHOTOS DEPTH
#SBATCH --job-name=depth
#SBATCH --gres=gpu:1
#SBATCH --cpus-per-task=4
#SBATCH --requeue
set -euo pipefail
depthwise "$1" -o "$2" --png16 --skip-existing --shard "$SLURM_ARRAY_TASK_ID/$SLURM_ARRAY_TASK_MAX"
