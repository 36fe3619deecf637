"""One budget for everything that waits in the daemon's memory, shared out among its clients.

- `budget`: `MemoryBudget` for all, a `MemoryShare` for each client.
- `request_memory`: what one request holds of its client's share.
- `sizes`: what a value takes in memory.
- `allocator`: gives memory that was freed back to the system.

Counted are frames that are coming in, prompts of requests under way, replies that are being read,
and frames that wait for a client to read. What is smaller than `SMALL` is not counted one by one:
each request task and stream has an allowance (`TASK_COST`) that covers it.
"""
