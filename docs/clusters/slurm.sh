#!/usr/bin/env bash
#SBATCH --job-name=pets
#SBATCH --nodes=4
#SBATCH --ntasks-per-node=1
#SBATCH --cpus-per-task=8
#SBATCH --time=08:00:00
#SBATCH --requeue
#SBATCH --open-mode=append
# Trains with one worker per node, from the project's folder, which all nodes share:
#
#   sbatch docs/clusters/slurm.sh recipes/image_classifier.py --data pets --out runs/pets
set -euo pipefail
restarts=3

port=$((20000 + SLURM_JOB_ID % 10000))
WORKERS=$(scontrol show hostnames "$SLURM_JOB_NODELIST" | sed "s/.*/\"&:$port\"/" | paste -s -d ,)
export WORKERS KERASDL_JOB=$SLURM_JOB_ID # a run without --out is named after it

for ((restart = 0; ; restart++)); do
  status=0
  # The others would wait for a worker that has died.
  srun --kill-on-bad-exit=1 bash -c '
    task="{\"type\": \"worker\", \"index\": $SLURM_PROCID}"
    export TF_CONFIG="{\"cluster\": {\"worker\": [$WORKERS]}, \"task\": $task}"
    exec .venv/bin/python "$@"
  ' worker "$@" || status=$?
  # 75: a worker has lost another one; above 128: a signal. The rest is the script's own.
  if ((status != 75 && status <= 128)) || ((restart == restarts)); then
    exit "$status"
  fi
  echo "A worker has died ($status). All start again from the last checkpoint"
done
