"""What takes twenty seconds. Runs beside the other tests."""

import time
import unittest

from support import Case


class Waiting(Case):
    def test_claim_work_waits_and_gives_up(self):
        start = time.monotonic()
        worker = {"workerGroup": "group", "workerId": "worker", "tasks": 1}
        self.assertEqual(self.queue.claimWork(self.pool, worker), {"tasks": []})
        self.assertTrue(10 < time.monotonic() - start < 25, time.monotonic() - start)


if __name__ == "__main__":
    unittest.main()
